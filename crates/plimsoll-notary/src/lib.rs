//! Notary Project signatures: sign, read and judge them
