//! What is to be run, as the command line says it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::fuzz::{TARGETS, Target};

pub struct Options {
    pub name: String,
    pub target: Target,
    /// Where a run begins.
    pub corpus: Vec<Vec<u8>>,
    /// No input is longer, in bytes.
    pub max_len: usize,
    /// How many executions there are, by all threads together.
    pub runs: u64,
    /// When it ends, however many there were.
    pub max_total_time: Duration,
    /// How many threads there are.
    pub jobs: u64,
    pub seed: u64,
    /// What an input's name begins with that breaks the target.
    pub artifact_prefix: String,
}

impl Options {
    /// `TARGET [-FLAG=VALUE]… FOLDER…`; the folders have the inputs.
    pub fn read(arguments: &[String]) -> Result<Self, String> {
        let (name, rest) = arguments.split_first().ok_or("of which target?")?;
        let (_, target) = TARGETS
            .iter()
            .find(|(own, _)| own == name)
            .ok_or(format!("{name} is no target"))?;
        let mut options = Self::new(name, *target);
        for argument in rest {
            let Some(flag) = argument.strip_prefix('-') else {
                let inputs = inputs(Path::new(argument));
                options
                    .corpus
                    .extend(inputs.map_err(|error| format!("{argument}: {error}"))?);
                continue;
            };
            let (flag, value) = flag.split_once('=').unwrap_or((flag, ""));
            options
                .set(flag, value)
                .ok_or(format!("{argument} is no flag"))?;
        }
        if options.corpus.is_empty() {
            return Err("no inputs to begin with".to_owned());
        }
        Ok(options)
    }

    pub fn new(name: &str, target: Target) -> Self {
        Self {
            name: name.to_owned(),
            target,
            corpus: Vec::new(),
            max_len: 512,
            runs: u64::MAX,
            max_total_time: Duration::MAX,
            jobs: 1,
            seed: fastrand::u64(..),
            artifact_prefix: String::new(),
        }
    }

    fn set(&mut self, flag: &str, value: &str) -> Option<()> {
        match flag {
            "artifact_prefix" => value.clone_into(&mut self.artifact_prefix),
            "jobs" => self.jobs = value.parse().ok().filter(|jobs| *jobs > 0)?,
            "max_len" => self.max_len = value.parse().ok()?,
            "max_total_time" => self.max_total_time = Duration::from_secs(value.parse().ok()?),
            "runs" => self.runs = value.parse().ok()?,
            "seed" => self.seed = value.parse().ok()?,
            _ => return None,
        }
        Some(())
    }
}

/// The files of a folder, in the order of their names: so that a seed means the same again.
pub fn inputs(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    files.sort();
    files.into_iter().map(fs::read).collect()
}
