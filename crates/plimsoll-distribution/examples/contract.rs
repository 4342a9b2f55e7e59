//! Runs the contract of a store against a registry: `cargo run --example contract -- 127.0.0.1:5000/an/empty/repository`.

use plimsoll_distribution::{Client, ReqwestTransport, TokioTimer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("expected HOST/REPOSITORY")?;
    let client = Client::builder(ReqwestTransport::builder().build()?, TokioTimer::new()).build();
    plimsoll_testkit::contract::store(&client.repository(&name.parse()?)?).await;
    Ok(())
}
