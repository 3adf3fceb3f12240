//! Lines as they were meant: signs that only look like those of the language, quotes that do not end, lines that begin
//! like comments of other languages.

use std::fmt::Write as _;
use std::ops::Range;

use super::problem::{Kind, Problem};
use super::source::{SourceMap, Span};
use super::token::{Text, is_blank};

/// Most runs of signs that are mended in a line.
const MOST: usize = 16;

/// The sign of the language that a character looks like; empty for one that cannot be seen.
fn meant(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{feff}' | '\u{200b}' | '\u{2060}' => "",
        '｛' => "{",
        '｝' => "}",
        '＃' => "#",
        '！' => "!",
        '“' | '”' | '„' | '‟' | '＂' => "\"",
        _ => return None,
    })
}

fn name(c: char) -> String {
    let code = u32::from(c);
    let name = match c {
        '\u{a0}' | '\u{202f}' => "a no-break space",
        '\u{3000}' => "an ideographic space",
        '\u{feff}' => "a byte order mark",
        _ if meant(c) == Some(" ") => "a wide or narrow space",
        _ if meant(c) == Some("") => "a character that cannot be seen",
        _ => return format!("`{c}` (U+{code:04X})"),
    };
    format!("{name} (U+{code:04X})")
}

/// A run of one such character.
struct Run {
    at: Range<usize>,
    sign: char,
    meant: &'static str,
    count: usize,
}

/// Those of a line without its comment, outside quotes.
fn runs(bytes: &[u8]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut quoted = None;
    let mut start = 0;
    let mut before = ' ';
    for chunk in bytes.utf8_chunks() {
        for (i, c) in chunk.valid().char_indices() {
            let at = start + i..start + i + c.len_utf8();
            let last = std::mem::replace(&mut before, c);
            match quoted {
                Some('"') => {
                    if c == '"' {
                        quoted = None;
                    }
                    continue;
                }
                Some(_) if meant(c) == Some("\"") => quoted = None,
                Some(_) => continue,
                None if c == '"' => {
                    quoted = Some('"');
                    continue;
                }
                None if meant(c) == Some("\"") => quoted = Some(c),
                None => {}
            }
            let Some(meant) = meant(c) else { continue };
            // In a word it may well be meant.
            let begins = last.is_ascii_whitespace() || last.is_ascii_digit() || self::meant(last).is_some();
            if matches!(c, '＃' | '！') && !begins {
                continue;
            }
            let same = |run: &&mut Run| run.sign == c && run.at.end == at.start && meant.trim().is_empty();
            if let Some(run) = runs.last_mut().filter(same) {
                run.at.end = at.end;
                run.count += 1;
            } else if runs.len() < MOST {
                runs.push(Run { at, sign: c, meant, count: 1 });
            } else {
                return runs;
            }
            if matches!(c, '＃' | '！') {
                return runs;
            }
        }
        start += chunk.valid().len() + chunk.invalid().len();
        before = '?';
    }
    runs
}

/// Puts the signs that are meant in the place of those that look alike. What is wrong, if anything was.
pub(super) fn signs(text: &mut Text, sources: &SourceMap) -> Option<Problem> {
    if text.bytes.is_ascii() {
        return None;
    }
    let runs = runs(&text.bytes);
    let first = runs.first()?;
    let span = text.span(first.at.clone(), sources);
    let does = match first.meant {
        "" | " " => "takes it for a part of the word",
        _ => "takes it for a letter",
    };
    let what = if first.meant.trim().is_empty() {
        format!("{} is no blank; keepalived {does}", name(first.sign))
    } else {
        format!("{} only looks like `{}`; keepalived {does}", name(first.sign), first.meant)
    };
    let mut help = String::new();
    let mut seen: Vec<char> = Vec::new();
    for run in &runs {
        if seen.contains(&run.sign) {
            continue;
        }
        help.push_str(if seen.is_empty() { "" } else { ", " });
        seen.push(run.sign);
        let _ = match run.meant {
            "" => write!(help, "delete {}", name(run.sign)),
            " " => write!(help, "write a blank instead of {}", name(run.sign)),
            meant => write!(help, "write `{meant}` instead of `{}`", run.sign),
        };
    }
    for run in runs.iter().rev() {
        let span = text.span(run.at.clone(), sources);
        let meant = run.meant.repeat(run.count).into_bytes();
        text.replace(run.at.clone(), &Text::standing(span, meant, None));
    }
    Some(Problem::new(span, Kind::LookAlike, what).help(sentence(&help)))
}

/// With a capital and a stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| format!("{}{}.", c.to_ascii_uppercase(), chars.as_str()))
}

/// Ends the quote that a line leaves open: before a `{` at its end, or a comment. Where it is written.
pub(super) fn quote(text: &mut Text, sources: &SourceMap) -> Span {
    let len = text.bytes.len();
    let last = text.bytes.iter().rposition(|b| *b == b'"').unwrap_or(0);
    let span = text.span(last..len, sources);
    if last + 1 == len && last > 0 && !is_blank(text.bytes[last - 1]) {
        // It lacks its beginning instead; a word needs none.
        text.remove(last..len);
        return span;
    }
    let comment = text.bytes[last..].windows(2).position(|w| is_blank(w[0]) && matches!(w[1], b'#' | b'!'));
    if let Some(comment) = comment {
        text.truncate(last + comment);
    }
    let trimmed = |bytes: &[u8]| bytes.iter().rposition(|b| !is_blank(*b)).map_or(0, |i| i + 1);
    let mut end = trimmed(&text.bytes).max(last + 1);
    if end > last + 1 && matches!(text.bytes[end - 1], b'{' | b'}') {
        end = trimmed(&text.bytes[..end - 1]).max(last + 1);
    }
    let before = text.span(end - 1..end, sources);
    let at = Span { start: before.end, ..before };
    text.replace(end..end, &Text::standing(at, b"\"".to_vec(), None));
    span
}

/// What other languages begin comments or headings with, at the beginning of a line.
pub(super) fn heading(bytes: &[u8]) -> Option<&'static str> {
    // Nearly no line does.
    if !bytes.first().is_some_and(|b| b"-/;*=<>%+~".contains(b)) {
        return None;
    }
    let signs = ["--", "//", ";", "/*", "*/", "**", "==", "<", ">", "%", "++", "~~", "* "];
    signs.into_iter().find(|sign| bytes.starts_with(sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::source::{FileId, Via};

    fn mended(line: &str) -> (String, Option<String>) {
        let mut text = Text::new(FileId::default(), Via::NONE, 0, line.as_bytes());
        let problem = signs(&mut text, &SourceMap::default());
        (String::from_utf8(text.bytes.to_vec()).unwrap(), problem.and_then(|p| p.help))
    }

    #[test]
    fn signs_that_look_alike_become_what_was_meant() {
        let (text, help) = mended("vrrp_instance VI_1 ｛");
        assert_eq!((&*text, help.as_deref()), ("vrrp_instance VI_1 {", Some("Write `{` instead of `｛`.")));
        let (text, help) = mended("\u{a0}\u{a0}priority\u{3000}90");
        assert_eq!(text, "  priority 90");
        let expected = "Write a blank instead of a no-break space (U+00A0), write a blank instead of an ideographic space (U+3000).";
        assert_eq!(help.as_deref(), Some(expected));
        assert_eq!(mended("\u{feff}global_defs {").0, "global_defs {");
        assert_eq!(mended("priority 90＃主").0, "priority 90#主");
        assert_eq!(mended("script “/bin/x y”").0, "script \"/bin/x y\"");
        for same in ["router_id 主机！", "router_id 张＃三", "script \"/bin/x ｛\"", "state MASTER", "auth_pass ä"]
        {
            assert_eq!(mended(same), (same.to_owned(), None));
        }
    }

    #[test]
    fn quotes_end_before_a_brace_or_a_comment() {
        let mended = |line: &str| {
            let mut text = Text::new(FileId::default(), Via::NONE, 0, line.as_bytes());
            quote(&mut text, &SourceMap::default());
            String::from_utf8(text.bytes.to_vec()).unwrap()
        };
        assert_eq!(mended("script \"/bin/x y"), "script \"/bin/x y\"");
        assert_eq!(mended("vrrp_instance \"VI_1 {"), "vrrp_instance \"VI_1\" {");
        assert_eq!(mended("script \"/bin/x # not yet"), "script \"/bin/x\"");
        assert_eq!(mended("auth_pass abc\""), "auth_pass abc");
        assert_eq!(mended("a \"b\" \"c"), "a \"b\" \"c\"");
        assert_eq!(mended("a \""), "a \"\"");
        assert_eq!(mended("\""), "\"\"");
        assert_eq!(mended("\"{"), "\"\"{");
    }
}
