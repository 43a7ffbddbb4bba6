//! `buccal serve`: the pages and JSON routes until the process is stopped. Absent: TLS.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use service::Programme;

use crate::output::{remark, wrong};
use crate::shell::{Common, RealIds, now};

/// Where to serve.
#[derive(Args, Clone, Debug)]
pub(crate) struct Serve {
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Send the session cookie over TLS only (behind a proxy that ends TLS)
    #[arg(long)]
    pub(crate) secure_cookie: bool,
}

/// Serves until it is interrupted.
pub(crate) fn run(common: &Common, serve: &Serve) -> anyhow::Result<ExitCode> {
    let programme = common.open()?;
    pages(programme, serve)
}

/// Serves the pages of an open programme.
pub(crate) fn pages(programme: Programme, serve: &Serve) -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(serve.listen).await.map_err(|error| {
            wrong(format!("--listen {}: {error}; choose a free address", serve.listen))
        })?;
        remark(format!("serving on http://{}", listener.local_addr()?));
        let app = web::App::new(
            Arc::new(programme),
            Arc::new(now),
            Arc::new(RealIds),
            serve.secure_cookie,
        );
        web::serve(app, listener, stopped()).await?;
        Ok::<(), anyhow::Error>(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Resolves when the process is asked to stop.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
