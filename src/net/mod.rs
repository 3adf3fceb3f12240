//! The operating system: capture sockets, interfaces, privileges, signals. The only unsafe code lives here.
