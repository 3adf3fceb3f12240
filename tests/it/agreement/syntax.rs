//! Small configurations written by hand: what the language has beside keywords.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::table::{Cases, INSTANCE, SCRIPTS, within};

/// Files that configurations include, by name.
const FILES: &[(&str, &str)] = &[
    ("priority.inc", "priority 90\n"),
    ("bad.inc", "priority 900\n"),
    ("empty.inc", ""),
    ("address.inc", "10.77.0.101\n"),
    ("opens.inc", "virtual_ipaddress_excluded {\n"),
    ("closes.inc", "}\n"),
    ("defines.inc", "$P=90\n"),
    ("crlf.inc", "priority 90\r\n"),
    ("no-end.inc", "priority 90"),
    ("many-1.inc", "priority 91\n"),
    ("many-2.inc", "priority 92\n"),
    (".hidden.inc", "priority 900\n"),
    ("with space.inc", "priority 90\n"),
    ("nested.inc", "include sub/inner.inc\n"),
    ("sub/inner.inc", "include other.inc\npriority 90\n"),
    ("sub/other.inc", "advert_int 2\n"),
    ("missing.inc", "include no-such.inc\n"),
    ("run.inc", "priority 900\n"),
];

/// Makes the files that are included.
pub fn files(dir: &Path) {
    for made in ["sub", "directory.inc"] {
        std::fs::create_dir(dir.join(made)).unwrap();
    }
    for (name, text) in FILES {
        std::fs::write(dir.join(name), text).unwrap();
    }
    std::fs::set_permissions(dir.join("run.inc"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// An instance with lines of its own in it.
fn instance(lines: &str) -> String {
    format!(
        "vrrp_instance V {{\n    interface eth0\n    virtual_router_id 51\n{lines}\n    virtual_ipaddress {{\n        10.77.0.100\n    }}\n}}\n"
    )
}

#[rustfmt::skip]
const IN_AN_INSTANCE: &[(&str, &str)] = &[
    // Comments
    ("comment", "# priority 900"), ("comment-bang", "! priority 900"), ("comment-behind", "priority 90 # 900"), ("comment-glued", "priority 90#x"), ("comment-glued-bang", "priority 90!x"),
    ("comment-dashes", "-- a heading"), ("comment-slashes", "// a heading"), ("comment-semicolon", "; a heading"), ("comment-c", "/* a heading */"), ("semicolon-behind", "priority 90;"),
    ("escaped-hash", "priority 90\\#x"), ("escaped-bang", "priority 90 \\!"), ("hash-in-quotes", "notify_stop \"/bin/true #x\""), ("comment-wide-hash", "\u{ff03} heading"), ("comment-with-brace", "# } {"),
    ("comment-with-quote", "# it is \" so"), ("comment-ends-in-backslash", "# so \\"), ("behind-ends-in-backslash", "priority 90 # so \\"), ("comment-ends-in-two", "# so \\\\"), ("comment-backslash-blank", "# so \\ "),
    ("bang-ends-in-backslash", "! so \\"), ("comment-utf8", "#\u{865a}\u{62df}"), ("hash-only", "#"), ("bang-only", "!"), ("many-hashes", "############ BACKUP here"), ("comment-empty-behind", "priority 90 #"),
    ("comment-in-quotes-open", "notify_stop \"/bin/true # x"), ("apostrophe-in-comment", "# don't"), ("backslash-hash-only", "\\#"), ("backslash-only", "\\"), ("comment-block-fake", "#{"),
    // Quotes
    ("quoted-value", "priority \"90\""), ("quoted-keyword", "\"priority\" 90"), ("quoted-touching", "priority\"90\""), ("quote-open", "priority \"90"), ("quote-only", "\""), ("quote-behind", "priority 90 \""),
    ("quotes-empty", "priority \"\""), ("quotes-blank", "priority \" \""), ("quotes-leading-blank", "priority \" 90\""), ("quotes-trailing-blank", "priority \"90 \""), ("quotes-empty-line", "\"\""),
    ("apostrophes", "priority '90'"), ("escaped-quote", "priority \"9\\\"0\""), ("three-quotes", "priority \"90\"\""), ("quote-in-word", "prio\"rity 90\""), ("two-quoted", "priority \"90\" \"91\""),
    ("quoted-brace", "notify_stop \"/bin/true {\""), ("quoted-braces", "notify_stop \"/bin/true {}\""), ("quote-open-brace", "priority \"90 {"), ("quoted-block", "\"virtual_ipaddress_excluded\" {\n10.77.0.5\n}"),
    ("quoted-open", "virtual_ipaddress_excluded \"{\"\n10.77.0.5\n}"),
    // Script words
    ("script-quotes", "notify_stop '/bin/true x'"), ("script-quotes-open", "notify_stop '/bin/true x"), ("script-mixed", "notify_stop \"/bin/true 'a b' c\""), ("script-escape", "notify_stop /bin/true\\ x"),
    ("script-hex", "notify_stop \"/bin/true \\x41\""), ("script-octal", "notify_stop \"/bin/true \\101\""), ("script-bad-hex", "notify_stop \"/bin/true \\xzz\""), ("script-control", "notify_stop \"/bin/true \\cA\""), ("script-ends-in-backslash", "notify_stop /bin/true\\"),
    ("script-brace", "notify_stop /bin/true{x}"), ("script-inner-open", "notify_stop \"/bin/true 'a\""), ("script-empty", "notify_stop \"\""), ("script-apostrophe", "notify_stop \"/bin/true don't\""), ("script-quoted-quotes", "notify_stop \"/bin/true \\\"a\\\"\""),
    ("script-two-words", "notify_stop /bin/true root root more"), ("script-unquoted-args", "notify_stop /bin/true a b"),
    // Numbers
    ("number-hex", "priority 0x50"), ("number-octal", "priority 010"), ("number-plus", "priority +90"), ("number-minus", "priority -90"), ("number-float", "priority 90.0"), ("number-unit", "advert_int 1s"), ("number-exponent", "advert_int 1e0"),
    ("number-point", "advert_int 1."), ("number-bare-point", "advert_int ."), ("number-leading-point", "advert_int .5"), ("number-comma", "advert_int 1,5"), ("number-wide", "priority \u{ff19}\u{ff10}"), ("number-zeroes", "priority 0000090"), ("number-huge", "priority 99999999999999999999999"),
    ("number-nan", "advert_int nan"), ("number-inf", "advert_int inf"), ("seven-places", "advert_int 1.0000000"), ("seven-places-odd", "advert_int 1.0000001"), ("sub-second", "advert_int 0.5"), ("sub-second-v3", "version 3\nadvert_int 0.5"), ("v3-odd", "version 3\nadvert_int 0.255"), ("v3-long", "version 3\nadvert_int 41"), ("v3-longest", "version 3\nadvert_int 40.95"), ("v3-just-longer", "version 3\nadvert_int 40.951"), ("v2-half", "advert_int 1.5"), ("v2-longest", "advert_int 255"),
    // Blanks
    ("tabs", "\tpriority\t90\t"), ("form-feed", "priority\u{c}90"), ("vertical-tab", "priority\u{b}90"), ("nbsp", "priority\u{a0}90"), ("ideographic", "priority\u{3000}90"), ("blank-line", "   \t  "), ("zero-width", "priority\u{200b} 90"),
    // Braces
    ("open-alone", "{"), ("close-and-open", "}\n{"), ("open-and-close", "{\n}"), ("open-close-line", "{ }"), ("close-behind", "priority 90 }"), ("open-behind", "priority 90 {"), ("braces-behind", "priority 90 { }"), ("open-before", "{ priority 90"),
    ("close-before", "} priority 90"), ("wide-braces", "virtual_ipaddress_excluded \u{ff5b}\n10.77.0.5\n\u{ff5d}"), ("list-on-a-line", "virtual_ipaddress_excluded { 10.77.0.5 }"), ("list-glued", "virtual_ipaddress_excluded{10.77.0.5}"), ("list-first-on-line", "virtual_ipaddress_excluded { 10.77.0.5\n10.77.0.6\n}"),
    ("list-last-on-line", "virtual_ipaddress_excluded {\n10.77.0.5\n10.77.0.6}"), ("close-then-keyword", "virtual_ipaddress_excluded {\n10.77.0.5\n} priority 90"), ("close-then-bad", "virtual_ipaddress_excluded {\n10.77.0.5\n} priority 900"), ("two-lists-on-a-line", "virtual_ipaddress_excluded { 10.77.0.5 } virtual_ipaddress_excluded { 10.77.0.6 }"),
    ("list-with-keyword", "virtual_ipaddress_excluded {\n10.77.0.5\npriority 90\n}"), ("list-with-list", "virtual_ipaddress_excluded {\nvirtual_routes {\n}\n}"), ("list-empty", "virtual_ipaddress_excluded {\n}"), ("list-missing-open", "virtual_ipaddress_excluded\n10.77.0.5\n}"), ("list-missing-close", "virtual_ipaddress_excluded {\n10.77.0.5"),
    ("list-missing-both", "virtual_ipaddress_excluded\n10.77.0.5"), ("block-missing-open", "authentication\nauth_type PASS\nauth_pass x\n}"), ("block-missing-close", "authentication {\nauth_type PASS\nauth_pass x"), ("block-missing-both", "authentication\nauth_type PASS\nauth_pass x"), ("block-misspelt", "authentification {\nauth_type PASS\nauth_pass x\n}"),
    ("block-unknown-empty", "something {\n}"), ("block-unknown-line", "something { a b }"), ("block-unknown-nested", "something {\nother {\n}\n}"), ("block-two-open", "authentication { {\nauth_type PASS\nauth_pass x\n}"), ("block-two-close", "authentication {\nauth_type PASS\nauth_pass x\n} }"),
    ("block-open-after-comment", "authentication # here\n# and here\n{\nauth_type PASS\nauth_pass x\n}"), ("block-one-line", "authentication { auth_type PASS\nauth_pass x }"), ("block-two-keywords", "authentication { auth_type PASS auth_pass x }"), ("brace-in-comment", "authentication { # }\nauth_type PASS\nauth_pass x\n}"),
    ("list-twice", "virtual_ipaddress_excluded {\n10.77.0.5\n}\nvirtual_ipaddress_excluded {\n10.77.0.6\n}"), ("open-next-line", "virtual_ipaddress_excluded\n{\n10.77.0.5\n}"), ("open-after-blank", "virtual_ipaddress_excluded\n\n\n{\n10.77.0.5\n}"), ("list-open-and-keyword", "virtual_ipaddress_excluded\npriority 90\n{\n10.77.0.5\n}"),
    ("track-missing-open", "track_interface\neth1\n}"), ("track-missing-close", "track_interface {\neth1"), ("close-only-extra", "}"), ("two-close-extra", "}\n}"), ("three-open", "{\n{\n{"),
    // Several on a line, continuation
    ("two-on-a-line", "priority 90 advert_int 2"), ("continued", "priority \\\n90"), ("continued-behind", "priority 90 \\\nadvert_int 2"), ("backslash-glued", "priority 90\\"), ("backslash-in-word", "prio\\rity 90"), ("double-backslash", "priority 90 \\\\"),
    // Conditions
    ("condition-other", "@other priority 900"), ("condition-this", "@node priority 90"), ("condition-this-bad", "@node priority 900"), ("condition-not", "@^other priority 900"), ("condition-not-this", "@^node priority 900"), ("condition-blank", "@^ node priority 90"), ("condition-alone", "@node"), ("condition-alone-other", "@other"),
    ("condition-twice", "@node @node priority 90"), ("condition-glued", "@nodepriority 90"), ("condition-block", "@other virtual_ipaddress_excluded {\n10.77.0.5\n}"), ("condition-list", "virtual_ipaddress_excluded {\n@other x\n@node 10.77.0.5\n}"), ("condition-include", "@other include no-such.inc"), ("condition-tab", "@node\tpriority 90"), ("at-alone", "@"), ("at-blank", "@ priority 90"),
    ("condition-case", "@NODE priority 900"), ("condition-define", "@other $P=900\npriority $P"), ("condition-definition", "@node $P=90\npriority $P"), ("condition-not-only", "@^"), ("condition-close", "@other }"), ("condition-open", "virtual_ipaddress_excluded\n@node {\n10.77.0.5\n}"),
    // Definitions
    ("define", "$P=90\npriority $P"), ("define-braces", "$P=90\npriority ${P}"), ("define-bad", "$P=900\npriority $P"), ("define-blank-before", "$P =90\npriority 90"), ("define-blank-after", "$P= 90\npriority $P"), ("define-empty", "$P=\npriority $P 90"), ("define-empty-value", "$P=\npriority $P"), ("define-again", "$P=900\n$P=90\npriority $P"),
    ("define-digit", "$1P=90\npriority 90"), ("define-dash", "$A-B=90\npriority 90"), ("define-late", "priority $P\n$P=90"), ("undefined", "priority $P"), ("undefined-braces", "priority ${P}"), ("use-in-word", "$P=9\npriority ${P}0"), ("use-before-slash", "$P=10.77.0\nvirtual_ipaddress_excluded {\n$P.5\n}"), ("use-braces-before-slash", "$P=10.77.0\nvirtual_ipaddress_excluded {\n${P}.5\n}"),
    ("use-in-quotes", "$P=90\npriority \"$P\""), ("use-braces-in-quotes", "$P=90\npriority \"${P}\""), ("define-quoted", "$P=\"90\"\npriority $P"), ("define-comment", "$P=90 # so\npriority $P"), ("define-nested", "$A=90\n$P=$A\npriority $P"), ("define-nested-late", "$P=$A\n$A=90\npriority $P"), ("define-keyword", "$K=priority\n$K 90"), ("define-line", "$L=priority 90\n$L"),
    ("define-open", "$O={\nvirtual_ipaddress_excluded $O\n10.77.0.5\n}"), ("define-block", "$B=virtual_ipaddress_excluded { 10.77.0.5 }\n$B"), ("define-lines", "$B=priority 90 \\\nadvert_int 2\n$B"), ("define-lines-bad", "$B=priority 90 \\\nadvert_int x\n$B"), ("define-lines-blank", "$B=priority 90 \\\n\nadvert_int 2\n$B"), ("define-lines-block", "$B=virtual_ipaddress_excluded { \\\n10.77.0.5 \\\n}\n$B"),
    ("define-lines-braces", "$B=priority 90 \\\nadvert_int 2\n${B}"), ("define-lines-not-at-end", "$B=priority 90 \\\nadvert_int 2\n$B 5"), ("define-lines-first-empty", "$B= \\\npriority 90 \\\nadvert_int 2\n$B"), ("define-lines-in-word", "$B=90 \\\nadvert_int 2\npriority $B"), ("define-list", "$A=10.77.0.5\nvirtual_ipaddress_excluded {\n$A\n}"), ("define-in-list", "virtual_ipaddress_excluded {\n$A=10.77.0.5\n$A\n}"),
    ("use-comma", "$A=90\npriority $A,"), ("use-parenthesis", "$A=90\npriority $A)"), ("dollar", "priority $"), ("dollar-dollar", "priority $$"), ("dollar-braces", "priority ${}"), ("dollar-open", "priority ${P"), ("dollar-name-open", "$P=90\npriority ${P"), ("define-only", "$P=900"), ("define-no-value", "$P"), ("define-unused-brace", "$P={"), ("define-hash", "$P=9${_HASH}0\npriority 90"),
    ("builtin-instance", "notify_stop \"/bin/true ${_INSTANCE}\""), ("builtin-hash", "priority 90${_HASH}"), ("builtin-bang", "priority 90${_BANG}"), ("builtin-random", "priority ${_RANDOM 5 9}"), ("builtin-random-bare", "virtual_router_id ${_RANDOM 1 9}"), ("builtin-env", "priority ${_ENV HOME}"), ("builtin-pwd", "notify_stop \"/bin/true ${_PWD}\""), ("builtin-unknown", "priority ${_NOTHING}"), ("builtin-plain-instance", "@node priority 90\nnotify_stop \"/bin/true $_INSTANCE\""), ("builtin-redefined", "$_INSTANCE=90\npriority $_INSTANCE"), ("builtin-random-odd", "priority ${_RANDOM 9 5}"), ("builtin-random-word", "priority ${_RANDOM x}"),
    ("define-tab", "$P=\t90\npriority $P"), ("define-underscore", "$_P1=90\npriority $_P1"), ("use-colon", "$A=fe80\nvirtual_ipaddress_excluded {\n$A::5\n}"), ("use-twice", "$A=90\npriority $A $A"), ("define-with-equals", "$A=a=b\nnotify_stop \"/bin/true ${A}\""), ("define-hash-value", "$P=#90\npriority $P"), ("define-value-blanks", "$P=90   \npriority $P"), ("define-escaped-hash", "$P=90\\#\npriority 90"),
    // ~SEQ and ~LST
    ("seq", "virtual_ipaddress_excluded {\n~SEQ(I, 5) 10.77.1.$I\n}"), ("seq-range", "virtual_ipaddress_excluded {\n~SEQ(I, 5, 9) 10.77.1.$I\n}"), ("seq-step", "virtual_ipaddress_excluded {\n~SEQ(I, 1, 2, 9) 10.77.1.$I\n}"), ("seq-down", "virtual_ipaddress_excluded {\n~SEQ(I, 9, 5) 10.77.1.$I\n}"), ("seq-down-step", "virtual_ipaddress_excluded {\n~SEQ(I, 9, -2, 1) 10.77.1.$I\n}"),
    ("seq-wrong-step", "virtual_ipaddress_excluded {\n~SEQ(I, 1, -1, 9) 10.77.1.$I\n}"), ("seq-zero-step", "virtual_ipaddress_excluded {\n~SEQ(I, 1, 0, 9) 10.77.1.$I\n}"), ("seq-too-far", "virtual_ipaddress_excluded {\n~SEQ(I, 250, 260) 10.77.1.$I\n}"), ("seq-braces", "virtual_ipaddress_excluded {\n~SEQ(I, 5) 10.77.${I}.1/24\n}"), ("seq-before-slash", "virtual_ipaddress_excluded {\n~SEQ(I, 5) 10.77.1.$I/24\n}"),
    ("seq-hex", "virtual_ipaddress_excluded {\n~SEQx(I, 0x8, 0x1f) fe80::$I\n}"), ("seq-hex-negative", "virtual_ipaddress_excluded {\n~SEQx(I, -1, 5) fe80::$I\n}"), ("seq-octal", "virtual_ipaddress_excluded {\n~SEQ(I, 010, 012) 10.77.1.$I\n}"), ("seq-nested", "virtual_ipaddress_excluded {\n~SEQ(I, 2) ~SEQ(J, 2) 10.77.$I.$J\n}"), ("seq-nested-braces", "virtual_ipaddress_excluded {\n~SEQ(I, 2) ~SEQ(J, 2) 10.77.${I}.$J\n}"), ("seq-no-blank", "virtual_ipaddress_excluded {\n~SEQ(I,5)10.77.1.$I\n}"), ("seq-blank-before", "virtual_ipaddress_excluded {\n~SEQ (I, 5) 10.77.1.$I\n}"), ("seq-no-close", "virtual_ipaddress_excluded {\n~SEQ(I, 5 10.77.1.$I\n}"), ("seq-no-arguments", "virtual_ipaddress_excluded {\n~SEQ() 10.77.1.5\n}"), ("seq-no-number", "virtual_ipaddress_excluded {\n~SEQ(I) 10.77.1.5\n}"),
    ("seq-four", "virtual_ipaddress_excluded {\n~SEQ(I, 1, 1, 5, 5) 10.77.1.$I\n}"), ("seq-word", "virtual_ipaddress_excluded {\n~SEQ(I, x) 10.77.1.$I\n}"), ("seq-empty-number", "virtual_ipaddress_excluded {\n~SEQ(I, ) 10.77.1.$I\n}"), ("seq-bad-name", "virtual_ipaddress_excluded {\n~SEQ(1I, 5) 10.77.1.5\n}"), ("seq-in-the-middle", "virtual_ipaddress_excluded {\n10.77.1.5 ~SEQ(I, 5)\n}"), ("seq-no-text", "virtual_ipaddress_excluded {\n~SEQ(I, 5)\n10.77.1.5\n}"), ("seq-definition", "$N=5\nvirtual_ipaddress_excluded {\n~SEQ(I, $N) 10.77.1.$I\n}"), ("seq-after", "virtual_ipaddress_excluded {\n~SEQ(I, 5) 10.77.1.$I\n10.77.2.$I\n}"), ("seq-zero", "virtual_ipaddress_excluded {\n~SEQ(I, 0) 10.77.1.$I\n}"), ("seq-negative", "virtual_ipaddress_excluded {\n~SEQ(I, -3) 10.77.1.5\n}"), ("seq-in-definition", "$S=~SEQ(I, 5) 10.77.1.$I\nvirtual_ipaddress_excluded {\n$S\n}"), ("seq-condition", "virtual_ipaddress_excluded {\n@node ~SEQ(I, 5) 10.77.1.$I\n}"), ("seq-condition-inside", "virtual_ipaddress_excluded {\n~SEQ(I, 5) @other 10.77.1.$I\n}"), ("seq-comment", "virtual_ipaddress_excluded {\n~SEQ(I, 5) 10.77.1.$I # so\n}"), ("seq-lower", "virtual_ipaddress_excluded {\n~seq(I, 5) 10.77.1.$I\n}"), ("seq-two-keywords", "~SEQ(I, 5) priority 9$I"), ("seq-bad-last", "~SEQ(I, 5) priority 25$I"), ("seq-large", "~SEQ(I, 300) priority $I"),
    ("lst", "virtual_ipaddress_excluded {\n~LST(I, 5, 7, 9) 10.77.1.$I\n}"), ("lst-one", "virtual_ipaddress_excluded {\n~LST(I, 5) 10.77.1.$I\n}"), ("lst-pairs", "virtual_ipaddress_excluded {\n~LST({A,B}, {5,1}, {6,2}) 10.77.$B.$A\n}"), ("lst-pairs-braces", "virtual_ipaddress_excluded {\n~LST({A,B}, {5,1}, {6,2}) 10.77.${B}.$A\n}"), ("lst-few", "virtual_ipaddress_excluded {\n~LST({A,B}, {5,24}, {6}) 10.77.1.${A}/24 $B\n}"), ("lst-many", "virtual_ipaddress_excluded {\n~LST({A,B}, {5,1,9}) 10.77.${B}.$A\n}"), ("lst-no-values", "virtual_ipaddress_excluded {\n~LST(I) 10.77.1.5\n}"), ("lst-no-close", "virtual_ipaddress_excluded {\n~LST(I, 5 10.77.1.5\n}"), ("lst-empty", "virtual_ipaddress_excluded {\n~LST() 10.77.1.5\n}"), ("lst-blanks", "virtual_ipaddress_excluded {\n~LST(I, 5 7) 10.77.1.$I\n}"), ("lst-words", "~LST(K, priority, virtual_router_id) $K 90"), ("lst-nested", "virtual_ipaddress_excluded {\n~LST(I, 1, 2) ~LST(J, 3, 4) 10.77.${I}.$J\n}"), ("lst-blank-before", "virtual_ipaddress_excluded {\n~LST (I, 5) 10.77.1.$I\n}"), ("lst-bad-name", "virtual_ipaddress_excluded {\n~LST(1, 5) 10.77.1.5\n}"), ("lst-single-of-pair", "virtual_ipaddress_excluded {\n~LST({A,B}, 5) 10.77.1.$A\n}"), ("lst-open-pair", "virtual_ipaddress_excluded {\n~LST({A,B}, {5,1) 10.77.${B}.$A\n}"), ("lst-trailing-comma", "virtual_ipaddress_excluded {\n~LST(I, 5, 7,) 10.77.1.$I\n}"),
    ("tilde", "~"), ("tilde-other", "~FOO(I, 5) priority 90"),
    // include
    ("include", "include priority.inc"), ("include-bad", "include bad.inc"), ("include-missing", "include no-such.inc"), ("include-glob", "include many-*.inc"), ("include-glob-nothing", "include nothing-*.inc"), ("include-quoted", "include \"priority.inc\""), ("include-two", "include priority.inc bad.inc"), ("include-bare", "include"), ("include-glued", "includex priority.inc"), ("include-directory", "include directory.inc"), ("include-executable", "include run.inc"), ("include-question", "include many-?.inc"), ("include-class", "include many-[12].inc"), ("include-alternatives", "include {priority,many-1}.inc"), ("include-alternatives-missing", "include {priority,nothing}.inc"), ("include-hidden", "include *hidden.inc"),
    ("include-empty", "include empty.inc"), ("include-crlf", "include crlf.inc"), ("include-no-end", "include no-end.inc\nadvert_int 2"), ("include-space", "include with space.inc"), ("include-nested", "include nested.inc"), ("include-in-list", "virtual_ipaddress_excluded {\ninclude address.inc\n}"), ("include-opens", "include opens.inc\n10.77.0.5\n}"), ("include-closes", "virtual_ipaddress_excluded {\n10.77.0.5\ninclude closes.inc"), ("include-defines", "include defines.inc\npriority $P"), ("include-definition", "$F=priority\ninclude ${F}.inc"), ("include-missing-inside", "include missing.inc"), ("include-comment", "include priority.inc # so"), ("include-brace", "include priority.inc {"), ("include-absolute-missing", "include /no/such/file.inc"), ("include-twice", "include priority.inc\ninclude priority.inc"), ("include-tab", "include\tpriority.inc"), ("include-seq", "~SEQ(I, 2) include many-${I}.inc"), ("include-blank-behind", "include priority.inc   "), ("include-upper", "Include priority.inc"), ("include-dot", "include ./priority.inc"), ("include-parent", "include sub/../priority.inc"), ("include-sub", "include sub/inner.inc"),
    ("includer", "includer priority.inc"), ("includer-missing", "includer no-such.inc"), ("includer-glob-nothing", "includer nothing-*.inc"), ("includer-directory", "includer directory.inc"), ("includer-executable", "includer run.inc"), ("includem", "includem priority.inc"), ("includem-missing", "includem no-such.inc"), ("includem-glob-nothing", "includem nothing-*.inc"), ("includem-directory", "includem directory.inc"), ("includew", "includew priority.inc"), ("includew-missing", "includew no-such.inc"), ("includew-glob", "includew many-*.inc"), ("includew-glob-nothing", "includew nothing-*.inc"), ("includeb", "includeb {priority,many-1}.inc"), ("includeb-alternatives-missing", "includeb {priority,nothing}.inc"), ("includeb-missing", "includeb no-such.inc"), ("includeb-glob-nothing", "includeb nothing-*.inc"), ("includea", "includea priority.inc"), ("includea-missing", "includea no-such.inc"), ("includea-glob-nothing", "includea nothing-*.inc"), ("includea-alternatives-missing", "includea {priority,nothing}.inc"), ("includea-directory", "includea directory.inc"), ("includea-executable", "includea run.inc"), ("include-alternatives-glob", "include {many-*,nothing-*}.inc"), ("includer-alternatives-missing", "includer {priority,nothing}.inc"), ("includem-alternatives-missing", "includem {priority,nothing}.inc"), ("includew-alternatives-missing", "includew {priority,nothing}.inc"), ("includer-bad", "includer bad.inc"),
    // Words of other kinds
    ("case-keyword", "Priority 90"), ("case-state", "state Master"), ("case-auth", "authentication {\nauth_type pass\nauth_pass x\n}"), ("word-utf8", "\u{865a}\u{62df} 1"), ("word-nul-like", "priority 90\u{1}"), ("del", "priority 90\u{7f}"), ("escape-sequence", "\u{1b}[31mpriority 90"), ("equals", "priority=90"), ("equals-blank", "priority = 90"), ("colon", "priority: 90"), ("comma", "priority 90,"), ("dash-keyword", "virtual-router-id 5"), ("no-argument", "priority"), ("no-argument-then-bad", "priority\nadvert_int x"), ("unknown-then-bad", "nothing 5\nadvert_int x"), ("two-bad", "priority x\nadvert_int y"),
    // Settings that contradict each other
    ("nopreempt-master", "state MASTER\npriority 90\nnopreempt"), ("nopreempt-255", "state BACKUP\npriority 255\nnopreempt"), ("nopreempt", "state BACKUP\nnopreempt"), ("preempt-delay", "preempt_delay 5"), ("preempt-delay-master", "state MASTER\npriority 90\npreempt_delay 5"), ("preempt-delay-nopreempt", "nopreempt\npreempt_delay 5"), ("master-backup", "state MASTER\nstate BACKUP"), ("backup-master", "state BACKUP\nstate MASTER"), ("backup-backup", "state BACKUP\nstate BACKUP"), ("master-no-priority", "state MASTER"), ("fault-state", "state FAULT"), ("auth-no-type", "authentication {\nauth_pass x\n}"), ("auth-no-pass", "authentication {\nauth_type PASS\n}"), ("auth-empty", "authentication {\n}"), ("auth-v3", "version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}"), ("auth-twice", "authentication {\nauth_type PASS\nauth_pass x\n}\nauthentication {\nauth_type PASS\nauth_pass y\n}"),
    ("track-itself", "track_interface {\neth0\n}"), ("track-lo", "track_interface {\nlo\n}"), ("track-weight", "track_interface {\neth1 weight 5\n}"), ("v2-v3", "version 2\nversion 3"), ("strict", "strict_mode"), ("strict-auth", "strict_mode\nauthentication {\nauth_type PASS\nauth_pass x\n}"), ("strict-unicast", "strict_mode\nunicast_peer {\n10.77.0.2\n}"), ("strict-priority", "strict_mode\npriority 255"), ("strict-master", "strict_mode\nstate MASTER\npriority 100"), ("strict-down-timer", "strict_mode\ndown_timer_adverts 5"), ("strict-preempt-delay", "strict_mode\npreempt_delay 5"), ("strict-garp-lower", "strict_mode\ngarp_lower_prio_repeat 5"), ("strict-no-advert", "strict_mode\nlower_prio_no_advert off"), ("strict-send-advert", "strict_mode\nhigher_prio_send_advert on"), ("strict-accept", "strict_mode\naccept"), ("strict-vmac-mac", "strict_mode\nuse_vmac vmac1 02:00:00:00:00:01"), ("strict-master-255", "strict_mode\nstate MASTER\npriority 255"),
    ("unicast", "unicast_peer {\n10.77.0.2\n}"), ("unicast-empty", "unicast_peer {\n}"), ("unicast-bad", "unicast_peer {\nx\n}"), ("unicast-name", "unicast_peer {\nlocalhost\n}"), ("unicast-six", "unicast_peer {\nfe80::2\n}"), ("unicast-vmac", "use_vmac\nunicast_peer {\n10.77.0.2\n}"), ("unicast-own", "unicast_peer {\n10.77.0.1\n}"), ("unicast-twice", "unicast_peer {\n10.77.0.2\n10.77.0.2\n}"), ("unicast-two-on-a-line", "unicast_peer {\n10.77.0.2 10.77.0.3\n}"), ("unicast-prefix", "unicast_peer {\n10.77.0.2/24\n}"), ("unicast-multicast", "unicast_peer {\n224.0.0.18\n}"), ("unicast-src-without", "unicast_src_ip 10.77.0.1"), ("unicast-ttl-without", "unicast_ttl 5"), ("mcast-dst-unicast", "mcast_dst_ip 224.0.0.19\nunicast_peer {\n10.77.0.2\n}"), ("unicast-min-above-max", "unicast_peer {\n10.77.0.2 min_ttl 9 max_ttl 5\n}"), ("unicast-old-checksum-v2", "old_unicast_checksum\nunicast_peer {\n10.77.0.2\n}"), ("check-unicast-src", "check_unicast_src"),
    ("accept-no-accept", "accept\nno_accept"), ("native-v2", "native_ipv6\nversion 2"), ("native-four", "native_ipv6"), ("dont-track", "dont_track_primary"), ("ipvlan-vmac", "use_vmac\nuse_ipvlan"), ("vmac-addr-only", "use_vmac_addr"), ("vmac-twice", "use_vmac\nuse_vmac"), ("garp-extra-no-time", "garp_extra_if all"), ("lower-and-higher", "lower_prio_no_advert\nhigher_prio_send_advert"), ("down-timer", "down_timer_adverts 1"), ("skip-off", "skip_check_adv_addr off"), ("track-src-only", "track_src_ip"), ("track-src", "mcast_src_ip 10.77.0.1\ntrack_src_ip"),
    ("notify-twice", "notify_master \"/bin/true\"\nnotify_master \"/bin/true\""), ("debug", "debug 4"), ("excluded-other-family", "virtual_ipaddress_excluded {\nfe80::5\n}"), ("address-twice", "virtual_ipaddress {\n10.77.0.100\n}"), ("excluded-twice", "virtual_ipaddress_excluded {\n10.77.0.100\n}"),
];

/// Whole files.
#[rustfmt::skip]
const WHOLE: &[(&str, &[u8])] = &[
    ("empty", b""), ("newline", b"\n"), ("blank", b"   \n\t\n"), ("comment", b"# nothing\n"), ("comment-no-end", b"# nothing"), ("nul", b"\0"), ("nul-line", b"\0\n"), ("bom", b"\xef\xbb\xbf# nothing\n"), ("bom-keyword", b"\xef\xbb\xbfglobal_defs {\n}\n"), ("invalid-utf8", b"# \xff\xfe\n"), ("invalid-utf8-word", b"\xff\xfe\n"), ("utf16", b"\xff\xfe#\0 \0x\0\n\0"),
    ("global-only", b"global_defs {\n}\n"), ("global-no-end", b"global_defs {\n}"), ("global-one-line", b"global_defs { router_id x }\n"), ("global-named", b"global_defs x {\n}\n"), ("global-twice", b"global_defs {\nrouter_id x\n}\nglobal_defs {\nrouter_id y\n}\n"), ("global-missing-close", b"global_defs {\nrouter_id x\n"), ("global-missing-open", b"global_defs\nrouter_id x\n}\n"), ("global-nothing", b"global_defs"), ("global-two-close", b"global_defs {\n}\n}\n"), ("close-first", b"}\nglobal_defs {\n}\n"), ("open-first", b"{\nglobal_defs {\n}\n}\n"), ("braces", b"{}\n"), ("close", b"}"), ("open", b"{"), ("words", b"hello world\n"), ("word-no-end", b"hello"), ("number", b"5\n"), ("heading", b"--\xe5\x85\xa8\xe5\xb1\x80\n"), ("quote", b"\"\n"), ("dollar", b"$\n"), ("backslash", b"\\\n"), ("cr", b"global_defs {\r}\r"), ("crlf", b"global_defs {\r\nrouter_id x\r\n}\r\n"), ("crcrlf", b"global_defs {\r\r\nrouter_id x\r\r\n}\r\r\n"), ("cr-in-word", b"global_defs {\nrouter\r_id x\n}\n"), ("define-only", b"$A=5\n"), ("define-at-end", b"$A=5 \\"), ("define-at-end-newline", b"$A=5 \\\n"), ("include-only", b"include no-such.inc\n"), ("include-empty", b"include empty.inc\n"), ("json", b"{\"a\": 1}\n"), ("yaml", b"global_defs:\n  router_id: x\n"), ("shell", b"#!/bin/sh\necho x\n"), ("nul-in-word", b"global_defs {\nrouter_id x\0y\n}\n"), ("nul-before-brace", b"global_defs \0{\n}\n"), ("nul-in-comment", b"# a\0b\nglobal_defs {\n}\n"), ("nul-at-start", b"\0global_defs {\n}\n"),
    ("unknown-top-block", b"something {\nrouter_id x\n}\n"), ("unknown-top-named", b"something x {\nrouter_id x\n}\n"), ("global-misspelt", b"global_def {\nrouter_id x\n}\n"), ("global-case", b"Global_defs {\nrouter_id x\n}\n"), ("keyword-at-top", b"priority 90\n"), ("close-with-text", b"global_defs {\nrouter_id x\n} # end\n"), ("semicolons", b"global_defs {\nrouter_id x;\n};\n"), ("global-in-global", b"global_defs {\nglobal_defs {\n}\n}\n"), ("instance-in-global", b"global_defs {\nvrrp_instance V {\n}\n}\n"), ("net-namespace", b"net_namespace nosuch\nhello\n"), ("net-namespace-twice", b"net_namespace nosuch\nnet_namespace nosuch\n"),
];

/// Complete configurations, in lines.
#[rustfmt::skip]
fn whole(cases: &mut Cases) {
    let mut add = |name: &str, text: String| cases.add("file", name, "whole", format!("{SCRIPTS}{text}"));
    let two = |a: &str, b: &str| format!("vrrp_instance V {{\ninterface eth0\nvirtual_router_id 51\n{a}\n}}\nvrrp_instance W {{\n{b}\n}}\n");
    add("instance-crlf", INSTANCE.replace('\n', "\r\n"));
    add("instance-no-end", INSTANCE.trim_end().to_owned());
    add("instance-one-line-each", INSTANCE.replace("{\n        10.77.0.100\n    }", "{ 10.77.0.100 }"));
    add("instance-tabs", INSTANCE.replace("    ", "\t"));
    add("instance-no-vrid", INSTANCE.replace("    virtual_router_id 51\n", ""));
    add("instance-no-interface", INSTANCE.replace("    interface eth0\n", ""));
    add("instance-no-address", INSTANCE.replace("10.77.0.100", ""));
    add("instance-no-addresses", INSTANCE.replace("    virtual_ipaddress {\n        10.77.0.100\n    }\n", ""));
    add("instance-empty", "vrrp_instance V {\n}\n".to_owned());
    add("instance-same-line", "vrrp_instance V { interface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 10.77.0.1 } }\n".to_owned());
    add("instance-all-in-one", "vrrp_instance V { interface eth0 virtual_router_id 51 virtual_ipaddress { 10.77.0.1 } }\n".to_owned());
    add("instance-bad-address-only", INSTANCE.replace("10.77.0.100", "10.77.0.1000"));
    add("instance-name-missing", INSTANCE.replace("vrrp_instance V", "vrrp_instance"));
    add("instance-missing-last", INSTANCE.trim_end().trim_end_matches('}').to_owned());
    add("instance-missing-inner", INSTANCE.replace("    }\n", ""));
    add("instance-twice", format!("{INSTANCE}{INSTANCE}"));
    add("instance-same-vrid", format!("{INSTANCE}{}", INSTANCE.replace("e V", "e W")));
    add("instance-same-vrid-other-family", format!("{INSTANCE}{}", INSTANCE.replace("e V", "e W").replace("10.77.0.100", "fe80::100")));
    add("instance-same-vrid-other-interface", format!("{INSTANCE}{}", INSTANCE.replace("e V", "e W").replace("eth0", "eth1")));
    add("instance-same-address", format!("{INSTANCE}{}", INSTANCE.replace("e V", "e W").replace("51", "52")));
    add("instance-six", INSTANCE.replace("10.77.0.100", "fe80::100"));
    add("instance-six-global", INSTANCE.replace("10.77.0.100", "2001:db8::100"));
    add("instance-six-both", INSTANCE.replace("10.77.0.100", "fe80::100\n2001:db8::100"));
    add("instance-six-wrong-order", INSTANCE.replace("10.77.0.100", "2001:db8::100\nfe80::100"));
    add("instance-six-v2", INSTANCE.replace("10.77.0.100", "fe80::100").replace("51\n", "51\nversion 2\n"));
    add("instance-six-auth", INSTANCE.replace("10.77.0.100", "fe80::100").replace("51\n", "51\nauthentication {\nauth_type PASS\nauth_pass x\n}\n"));
    add("two-instances", two("virtual_ipaddress { 10.77.0.5 }", "interface eth1\nvirtual_router_id 51\nvirtual_ipaddress { 10.77.0.6 }"));
    add("two-first-unclosed", two("virtual_ipaddress { 10.77.0.5", "interface eth1\nvirtual_router_id 51\nvirtual_ipaddress { 10.77.0.6 }"));
    add("two-first-misspelt-list", two("virtual_ipaddres { 10.77.0.5 }", "interface eth1\nvirtual_router_id 51\nvirtual_ipaddress { 10.77.0.6 }"));
    add("globals-last", format!("{INSTANCE}global_defs {{\nrouter_id x\nvrrp_version 3\n}}\n"));
    add("global-v3", format!("global_defs {{\nvrrp_version 3\n}}\n{INSTANCE}"));
    add("global-v3-auth", format!("global_defs {{\nvrrp_version 3\n}}\n{}", INSTANCE.replace("51\n", "51\nauthentication {\nauth_type PASS\nauth_pass x\n}\n")));
    add("global-strict", format!("global_defs {{\nvrrp_strict\n}}\n{INSTANCE}"));
    add("global-strict-auth", format!("global_defs {{\nvrrp_strict\n}}\n{}", INSTANCE.replace("51\n", "51\nauthentication {\nauth_type PASS\nauth_pass x\n}\n")));
    add("global-strict-unicast", format!("global_defs {{\nvrrp_strict\n}}\n{}", INSTANCE.replace("51\n", "51\nunicast_peer {\n10.77.0.2\n}\n")));
    add("global-strict-no-address", format!("global_defs {{\nvrrp_strict\n}}\n{}", INSTANCE.replace("10.77.0.100", "")));
    add("global-dynamic-interfaces", format!("global_defs {{\ndynamic_interfaces\n}}\n{}", INSTANCE.replace("eth0", "eth7")));
    add("global-dynamic-interfaces-late", format!("{}global_defs {{\ndynamic_interfaces\n}}\n", INSTANCE.replace("eth0", "eth7")));
    add("script-late", format!("{}vrrp_script c {{\nscript \"/bin/true\"\n}}\n", INSTANCE.replace("51\n", "51\ntrack_script {\nc\n}\n")));
    add("script-unused", format!("vrrp_script c {{\nscript \"/bin/true\"\n}}\n{INSTANCE}"));
    add("script-twice", format!("vrrp_script c {{\nscript \"/bin/true\"\n}}\nvrrp_script c {{\nscript \"/bin/false\"\n}}\n{}", INSTANCE.replace("51\n", "51\ntrack_script {\nc\n}\n")));
    add("script-weights", format!("vrrp_script c {{\nscript \"/bin/true\"\nweight 20\n}}\n{}", INSTANCE.replace("51\n", "51\npriority 250\ntrack_script {\nc\n}\n")));
    add("script-owner", format!("vrrp_script c {{\nscript \"/bin/true\"\nweight 20\n}}\n{}", INSTANCE.replace("51\n", "51\npriority 255\ntrack_script {\nc\n}\n")));
    add("script-owner-no-weight", format!("vrrp_script c {{\nscript \"/bin/true\"\n}}\n{}", INSTANCE.replace("51\n", "51\npriority 255\ntrack_script {\nc\n}\n")));
    add("script-empty", format!("vrrp_script c {{\n}}\n{}", INSTANCE.replace("51\n", "51\ntrack_script {\nc\n}\n")));
    let second = INSTANCE.replace("e V", "e W").replace("51", "52").replace("0.100", "0.101");
    for (name, group) in [
        ("both", "group {\nV\nW\n}"), ("one", "group {\nV\n}"), ("none", "group {\n}"), ("no-list", ""), ("unknown", "group {\nV\nX\n}"), ("only-unknown", "group {\nX\n}"), ("twice-list", "group {\nV\nW\n}\ngroup {\nV\nW\n}"), ("member-twice", "group {\nV\nV\n}"),
        ("line", "group { V W }"), ("track-interface", "group { V W }\ntrack_interface {\neth1 weight 5\n}"), ("notify", "group { V W }\nnotify_master \"/bin/true\""), ("missing-open", "group\nV\nW\n}"), ("missing-close", "group {\nV\nW"), ("keyword-misspelt", "groups {\nV\nW\n}"), ("quoted", "group {\n\"V\" \"W\"\n}"), ("comma", "group {\nV, W\n}"),
    ] {
        add(&format!("group-{name}"), format!("vrrp_sync_group G {{\n{group}\n}}\n{INSTANCE}{second}"));
        add(&format!("group-after-{name}"), format!("{INSTANCE}{second}vrrp_sync_group G {{\n{group}\n}}\n"));
    }
    add("group-twice", format!("vrrp_sync_group G {{\ngroup {{ V W }}\n}}\nvrrp_sync_group G {{\ngroup {{ V W }}\n}}\n{INSTANCE}{second}"));
    add("group-two", format!("vrrp_sync_group G {{\ngroup {{ V W }}\n}}\nvrrp_sync_group H {{\ngroup {{ V W }}\n}}\n{INSTANCE}{second}"));
    add("group-other-priority", format!("vrrp_sync_group G {{\ngroup {{ V W }}\n}}\n{INSTANCE}{}", second.replace("52\n", "52\npriority 90\n")));
    add("group-weights", format!("vrrp_sync_group G {{\ngroup {{ V W }}\n}}\nvrrp_script c {{\nscript \"/bin/true\"\nweight 5\n}}\n{INSTANCE}{}", second.replace("52\n", "52\ntrack_script {\nc\n}\n")));
    add("group-weights-allowed", format!("vrrp_sync_group G {{\ngroup {{ V W }}\nsync_group_tracking_weight\n}}\nvrrp_script c {{\nscript \"/bin/true\"\nweight 5\n}}\n{INSTANCE}{}", second.replace("52\n", "52\ntrack_script {\nc\n}\n")));
    add("group-interface-weights", format!("vrrp_sync_group G {{\ngroup {{ V W }}\n}}\n{INSTANCE}{}", second.replace("52\n", "52\ntrack_interface {\neth1 weight 5\n}\n")));
    add("group-nopreempt", format!("vrrp_sync_group G {{\ngroup {{ V W }}\n}}\n{INSTANCE}{}", second.replace("52\n", "52\nnopreempt\n")));
    for length in [1022, 1023, 1024, 1025, 2046, 2047, 5000] {
        let padding = "x".repeat(length - 2);
        add(&format!("long-comment-{length}"), format!("# {padding}\n{INSTANCE}"));
        add(&format!("long-blanks-{length}"), format!("{}\n{INSTANCE}", " ".repeat(length)));
        let name = "n".repeat(length - 24);
        add(&format!("long-script-{length}"), within("vrrp_instance", &format!("notify_stop \"/bin/true {name}\"\n")).replacen(SCRIPTS, "", 1));
    }
    add("long-then-bad", format!("# {}\n{}", "x".repeat(1500), INSTANCE.replace("51", "551")));
    let deep: String = (0..40).map(|_| "x {\n").collect::<String>() + &"}\n".repeat(40);
    add("deep-unknown", format!("{deep}{INSTANCE}"));
    add("many-instances", (1..=255).map(|n| format!("vrrp_instance V{n} {{\ninterface eth0\nvirtual_router_id {n}\nvirtual_ipaddress {{ 10.78.0.{n} }}\n}}\n")).collect());
    add("seq-instances", "~SEQ(I, 1, 255) vrrp_instance V$I { interface eth0\n".to_owned() + "}\n");
    add("seq-block", "$B=vrrp_instance V$I { \\\ninterface eth0 \\\nvirtual_router_id $I \\\nvirtual_ipaddress { 10.78.0.$I } \\\n}\n~SEQ(I, 1, 255) $B\n".to_owned());
    add("many-addresses", INSTANCE.replace("10.77.0.100", "~SEQ(I, 1, 255) 10.78.0.$I"));
    add("too-many-addresses", INSTANCE.replace("10.77.0.100", "~SEQ(J, 1, 2) ~SEQ(I, 1, 255) 10.78.${J}.$I"));
}

pub fn cases(cases: &mut Cases) {
    for (name, lines) in IN_AN_INSTANCE {
        cases.add("syntax", "instance", name, format!("{SCRIPTS}{}", instance(lines)));
    }
    for (name, text) in WHOLE {
        cases.add("file", name, "bytes", *text);
    }
    whole(cases);
}
