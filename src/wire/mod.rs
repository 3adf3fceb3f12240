//! Wire formats: bytes to meaning and back.
