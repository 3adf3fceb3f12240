//! Frames that cannot be decoded: which field, and where.

use super::*;

/// Layer, field, offset, and bytes: those of tests/fixtures/pcaps/crafted unless said.
#[rustfmt::skip]
const TABLE: &[(&str, &str, usize, &str)] = &[
    // odd-fields 20: 200 addresses in 12 bytes; 14 of Ethernet, 20 of IPv4, 8 of VRRP before them
    ("vrrp", "addresses", 42,
     "01005e00001202000a4d0001080045c0002000010000ff70d04c0a4d0001e0000012313366c8006472080a4d006e"),
    // odd-fields 22: the four address bytes end at 46
    ("vrrp", "auth_data", 46,
     "01005e00001202000a4d0001080045c0002000010000ff70d04c0a4d0001e00000122133660100016e0f0a4d006e"),
    // odd-fields 14: version 1
    ("vrrp", "version", 34,
     "01005e00001202000a4d0001080045c0002800010000ff70d0440a4d0001e00000121133660100017e0f0a4d006e0000000000000000"),
    // odd-fields 39: four bytes of VRRP
    ("vrrp", "header", 34, "01005e00001202000a4d0001080045c0001800010000ff70d0540a4d0001e000001221336601"),
    // IHL 4 words
    ("ipv4", "ihl", 14,
     "01005e00001202000a4d0001080044c0002800010000ff70d0440a4d0001e00000122133660101010aad0a4d006e3131313100000000"),
    // version 5
    ("ipv4", "version", 14,
     "01005e00001202000a4d0001080055c0002800010000ff70d0440a4d0001e00000122133660101010aad0a4d006e3131313100000000"),
    // total length 19
    ("ipv4", "total_length", 16,
     "01005e00001202000a4d0001080045c0001300010000ff70d0440a4d0001e00000122133660101010aad0a4d006e3131313100000000"),
    // more fragments
    ("ipv4", "fragment", 20,
     "01005e00001202000a4d0001080045c0002800012000ff70b0440a4d0001e00000122133660101010aad0a4d006e3131313100000000"),
    // AH of 8 bytes (length 0 means two words)
    ("ah", "length", 35,
     "01005e00001202000a4d0001080045c0004000010000ff33d0690a4d0001e0000012700000000a4d0001000000012e7b8716774e1d910307698b\
      2133660102016c0f0a4d006e0000000000000000"),
    // four tags are read, the fifth is refused at 14 + 4 × 4
    ("ethernet", "vlan", 30, "01005e00001202000a4d000181000001810000028100000381000004810000050800"),
    // the tag is cut
    ("ethernet", "vlan", 14, "01005e00001202000a4d000181000a"),
    ("ethernet", "header", 0, "01005e00001202000a4d0001"),
    ("arp", "header", 14, "ffffffffffff02000a4d00010806000108000604000102000a4d0001"),
    // a neighbour advertisement whose target is cut: 14 + 40 + 8
    ("icmpv6", "target", 62,
     "33330000000102000a4d000186dd60000000000c3aff\
      fe800000000000000000000000000001ff0200000000000000000000000000018800000020000000fe800000"),
    // IGMPv3 with one record announced and none there: 14 + 20 + 8
    ("igmp", "record", 42, "01005e00001602000a4d0001080045c0001c00010000010200000a4d0001e00000162200000000000001"),
];

#[test]
fn the_field_and_its_place_are_named() {
    for (layer, field, offset, bytes) in TABLE {
        let decoded = decode(&hex(bytes));
        let Decoded::Malformed(m) = decoded else { panic!("{layer} {field}: {decoded:?}") };
        assert_eq!((m.layer, m.field, m.offset), (*layer, *field, *offset), "{m}");
    }
}

#[test]
fn only_what_is_certainly_vrrp_is_held_against_vrrp() {
    for (layer, field, _, bytes) in TABLE {
        let m = malformed(&hex(bytes));
        let certain = *layer == "vrrp" || *layer == "ipv4";
        assert_eq!(m.vrrp, certain, "{layer} {field}");
    }
}

#[test]
fn the_sentence_tells_what_the_snap_length_kept() {
    let whole = hex(V2_PASS);
    let cut = Frame { wire_len: 54, ..frame(LinkType::Ethernet, &whole[..44]) };
    let Decoded::Malformed(m) = Decoder::default().decode(&cut) else { panic!("malformed") };
    assert_eq!(
        m.to_string(),
        "vrrp addresses at byte 42: 1 addresses need 4 bytes, 2 are left; the rest was not captured \
         (the snap length kept 44 of 54 bytes)"
    );
}

#[test]
fn no_start_of_a_frame_is_taken_for_the_whole() {
    for (name, text) in [
        ("V2_PASS", V2_PASS),
        ("V3", V3),
        ("V6", V6),
        ("AH", AH),
        ("HMAC_V2", HMAC_V2),
        ("HMAC_V6", HMAC_V6),
        ("HMAC_UNICAST", HMAC_UNICAST),
    ] {
        let whole = hex(text);
        for n in 0..whole.len() {
            let cut = Frame { wire_len: whole.len() as u32, ..frame(LinkType::Ethernet, &whole[..n]) };
            let decoded = Decoder::new(keys()).decode(&cut);
            assert!(matches!(decoded, Decoded::Malformed(_) | Decoded::Other), "{name} at {n}: {decoded:?}");
            // From the protocol number on it is known to be VRRP, so it is not passed over.
            if n >= 24 && text != V6 && text != HMAC_V6 {
                assert!(matches!(decoded, Decoded::Malformed(_)), "{name} at {n}: {decoded:?}");
            }
        }
    }
}
