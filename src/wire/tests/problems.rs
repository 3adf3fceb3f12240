//! One frame for each problem; each shows exactly the problems listed.

use super::super::{Problem, vrrp};
use super::*;

/// Problem, the ids that the frame shows, and the frame: bytes of tests/fixtures/pcaps/crafted unless said.
#[rustfmt::skip]
const TABLE: &[(Problem, &[&str], &str)] = &[
    // odd-fields 2: TTL 254
    (Problem::TtlNot255, &["ttl-not-255"],
     "01005e00001202000a4d0001080045c0002800010000fe70d1440a4d0001e00000122133660100016e0f0a4d006e0000000000000000"),
    // odd-fields 12: type 2
    (Problem::TypeUnknown, &["type-unknown"],
     "01005e00001202000a4d0001080045c0002800010000ff70d0440a4d0001e00000122233660100016d0f0a4d006e0000000000000000"),
    // odd-fields 10
    (Problem::VridZero, &["vrid-zero"],
     "01005e00001202000a4d0001080045c0002800010000ff70d0440a4d0001e00000122100660100016e420a4d006e0000000000000000"),
    // odd-fields 5
    (Problem::IntervalZero, &["interval-zero"],
     "01005e00001202000a4d0001080045c0002800010000ff70d0440a4d0001e00000122133660100006e100a4d006e0000000000000000"),
    // odd-fields 17
    (Problem::NoAddresses, &["no-addresses"],
     "01005e00001202000a4d0001080045c0002400010000ff70d0480a4d0001e000001221336600000178cb0000000000000000"),
    // odd-fields 9
    (Problem::ReservedNotZero, &["reserved-not-zero"],
     "01005e00001202000a4d0001080045c0002000010000ff70d04c0a4d0001e000001231336601f06482ce0a4d006e"),
    // odd-fields 26: type 77
    (Problem::AuthTypeUnknown, &["auth-type-unknown"],
     "01005e00001202000a4d0001080045c0002800010000ff70d0440a4d0001e0000012213366014d01210f0a4d006e0000000000000000"),
    // odd-fields 25
    (Problem::AuthTypeAhMissing, &["ah-header-missing"],
     "01005e00001202000a4d0001080045c0002800010000ff70d0440a4d0001e00000122133660102016c0f0a4d006e0000000000000000"),
    // ah 1 with authentication type 0: the checksum 6c0f grows by 0200; the ICV no longer fits
    (Problem::AhUnexpected, &["ah-header-unexpected", "ah-digest-bad"],
     "01005e00001202000a4d0001080045c0004000010000ff33d0690a4d0001e0000012700400000a4d0001000000012e7b8716774e1d910307698b\
      2133660100016e0f0a4d006e0000000000000000"),
    // ah 7
    (Problem::AhSpiMismatch, &["ah-spi-mismatch"],
     "01005e00001202000a4d0001080045c0004000040000ff33d0660a4d0001e0000012700400000a4d0002000000047185f7424de4d7caa71bf0b0\
      2133660102016c0f0a4d006e0000000000000000"),
    // ah 6: another password
    (Problem::AhIcvBad, &["ah-digest-bad"],
     "01005e00001202000a4d0001080045c0004000040000ff33d0660a4d0001e0000012700400000a4d0001000000042033e910cb72714a2fc77bfb\
      2133660102016c0f0a4d006e0000000000000000"),
    // hmac 7: signed with key 1 under key id 2
    (Problem::HmacBad, &["hmac-bad"],
     "01005e00001202000a4d0001080045c0004400010000ff70d0280a4d0001e00000122133660100016e0f0a4d006e0000000000000000\
      010200006553f10600000000012f9da85f9e16bbe730d19b076338df"),
    // hmac 10: the digest covers the odd bytes and is right
    (Problem::HmacReserved, &["hmac-reserved-not-zero"],
     "01005e00001202000a4d0001080045c0004400010000ff70d0280a4d0001e00000122133660100016e0f0a4d006e0000000000000000\
      010100016553f109000000000a836ad8791a18ac3a652f5b03547815"),
    // checksums 6
    (Problem::ChecksumBad, &["checksum-bad"],
     "01005e00001202000a4d0001080045c0002000010000ff70d04c0a4d0001e000001231336601006460fb0a4d006e"),
    // the password frame of keepalived with d044 changed to d045
    (Problem::IpChecksumBad, &["ip-checksum-bad"],
     "01005e00001202000a4d0001080045c0002800010000ff70d0450a4d0001e00000122133660101010aad0a4d006e3131313100000000"),
    // odd-fields 41
    (Problem::TrailingBytes, &["trailing-bytes"],
     "01005e00001202000a4d0001080045c0002c00010000ff70d0400a4d0001e00000122133660100016e0f0a4d006e000000000000000000000000"),
    // odd-fields 32: 0.0.0.0, 255.255.255.255 and 224.0.0.1
    (Problem::AddressInvalid, &["address-invalid"],
     "01005e00001202000a4d0001080045c0003000010000ff70d03c0a4d0001e000001221336603000198c600000000ffffffffe0000001\
      0000000000000000"),
    // odd-fields 42
    (Problem::V2OverIpv6, &["v2-over-ipv6"],
     "33330000001202000a4d000186dd6c000000001870fffe800000000000000000000000000001ff020000000000000000000000000012\
      2133660100647ab7fe800000000000000000000000000110"),
    // odd-fields 44
    (Problem::SourceNotLinkLocal, &["source-not-link-local"],
     "33330000001202000a4d003286dd6c000000002870ff20010db8007700000000000000000001ff020000000000000000000000000012\
      3133660200640bb7fe80000000000000000000000000011020010db8007700000000000000000110"),
    // odd-fields 43
    (Problem::FirstAddressNotLinkLocal, &["first-address-not-link-local"],
     "33330000001202000a4d000186dd6c000000002870fffe800000000000000000000000000001ff020000000000000000000000000012\
      3133660200643b6620010db8007700000000000000000110fe800000000000000000000000000110"),
];

// holds: rfc5798-5.2.6-1 rfc9568-5.2.6-1 rfc9568-7.1-8
#[test]
fn each_frame_shows_exactly_its_problems() {
    for (problem, ids, bytes) in TABLE {
        let shown: Vec<_> = advert(&hex(bytes)).problems.iter().map(Problem::id).collect();
        assert_eq!(shown, *ids, "{}", problem.id());
        assert!(ids.contains(&problem.id()));
    }
}

#[test]
fn every_problem_has_its_frame() {
    for problem in Problem::ALL {
        assert!(TABLE.iter().any(|row| row.0 == *problem), "no frame shows {}", problem.id());
    }
    assert_eq!(TABLE.len(), vrrp::Problem::ALL.len());
}
