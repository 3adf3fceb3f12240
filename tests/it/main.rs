//! The program from outside: its output against other programs, real daemons' own words, and the outside contract.

mod agreement;
mod architecture;
mod cli;
mod compliance;
mod conf;
mod effective;
mod findings;
mod hostile;
mod keepalive;
mod lan;
mod lint;
mod lint_cli;
mod machine;
mod probe;
mod probe_config;
mod probe_keepalive;
mod probe_kinds;
mod probe_nginx;
mod probe_watch;
mod provenance;
mod receive;
mod simulate;
mod support;
mod transitions;
mod tshark;
