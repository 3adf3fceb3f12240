//! A capture file: read to its end, each frame decoded. No panic, and an end.
#![no_main]

use hactl::pcap::{CaptureReader, CaptureWriter};
use hactl::wire::{Decoded, Decoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(mut reader) = CaptureReader::open(input) else { return };
    let decoder = Decoder::default();
    let mut writer = CaptureWriter::new(std::io::sink()).expect("a sink takes everything");
    let mut before = 0;
    // A gzip stream may unpack to very much.
    while before < 10_000 {
        match reader.next() {
            Ok(Some(frame)) => {
                assert_eq!(frame.number, before + 1);
                before = frame.number;
                if !matches!(decoder.decode(&frame), Decoded::Other) {
                    let _ = writer.write(&frame);
                }
            }
            Ok(None) => break,
            Err(e) => {
                let _ = e.to_string();
                assert!(matches!(reader.next(), Ok(None)), "nothing follows an error");
                break;
            }
        }
    }
});
