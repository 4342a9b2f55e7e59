//! Serves a registry: `cargo run --example serve -- 127.0.0.1:5000 DIRECTORY`.

use plimsoll_registry::{Registry, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("expected an address")?.parse()?;
    let directory = arguments.next().ok_or("expected a directory")?;
    let server = Server::builder(Registry::builder(directory).build(), address).bind().await?;
    let (address, shutdown) = (server.address(), server.shutdown());
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            shutdown.shut_down();
        }
    });
    #[expect(clippy::print_stdout, reason = "a command says where it listens")]
    {
        println!("{address}");
    }
    server.run().await;
    Ok(())
}
