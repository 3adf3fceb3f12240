//! A TCP connection in words, and as JSON.

pub mod advice;
pub mod json;
pub mod timeline;
pub mod words;
