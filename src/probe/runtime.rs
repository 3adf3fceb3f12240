//! What checks run in: this thread alone, until they end or are to end.

use std::io;
use std::os::unix::net::UnixStream;

use tokio::runtime::Builder;

/// Runs this to its end. What other threads still do then, a name server that is asked or a script that dies, nobody
/// waits for.
pub fn block_on<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// Ends once there is something to read from `stop`; without one, never. To be asked for in [`block_on`].
pub fn stopped(stop: Option<UnixStream>) -> io::Result<impl Future<Output = ()>> {
    let stop = match stop {
        Some(stop) => {
            stop.set_nonblocking(true)?;
            Some(tokio::net::UnixStream::from_std(stop)?)
        }
        None => None,
    };
    Ok(async move {
        match stop {
            Some(stop) => drop(stop.readable().await),
            None => std::future::pending().await,
        }
    })
}
