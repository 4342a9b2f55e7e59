//! Seeds for the fuzz targets: one good input or more for each, made by our own writers and forgers.

use std::{error::Error, fs, path::Path};

mod artifact;
mod authority;
mod evidence;
mod keys;
mod path;
mod plugin;
mod revocation;
mod text;
mod timestamp;

/// Writes `fuzz/corpus/TARGET/seed-NUMBER`.
pub(crate) fn run() -> Result<(), String> {
    let mut seeds = Seeds::default();
    let makers = [
        text::make,
        artifact::make,
        authority::make,
        evidence::make,
        path::make,
        plugin::make,
        keys::make,
        revocation::make,
        timestamp::make,
    ];
    let made = makers.iter().try_for_each(|make| make(&mut seeds));
    made.and_then(|()| seeds.write(Path::new("fuzz"))).map_err(|error| error.to_string())
}

type Outcome = Result<(), Box<dyn Error>>;

/// Inputs, each with the name of its target.
#[derive(Default)]
struct Seeds(Vec<(&'static str, Vec<u8>)>);

impl Seeds {
    fn add(&mut self, target: &'static str, input: impl Into<Vec<u8>>) {
        self.0.push((target, input.into()));
    }
    fn all<T: Into<Vec<u8>>>(&mut self, target: &'static str, inputs: impl IntoIterator<Item = T>) {
        inputs.into_iter().for_each(|input| self.add(target, input));
    }
    /// A target without seeds, or seeds without a target, is a mistake.
    fn write(self, fuzz: &Path) -> Outcome {
        for entry in fs::read_dir(fuzz.join("fuzz_targets"))? {
            let path = entry?.path();
            let target = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !self.0.iter().any(|(name, _)| *name == target) {
                return Err(format!("the fuzz target `{target}` has no seeds").into());
            }
        }
        for (number, (target, input)) in self.0.into_iter().enumerate() {
            if !fuzz.join("fuzz_targets").join(target).with_extension("rs").is_file() {
                return Err(format!("there is no fuzz target `{target}`").into());
            }
            let folder = fuzz.join("corpus").join(target);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("seed-{number:03}")), input)?;
        }
        Ok(())
    }
}
