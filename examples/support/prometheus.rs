//! A recorder that Prometheus can scrape, in as many lines as it takes. An application has an exporter of its own.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// Seconds: from ten microseconds to five minutes, and the same before zero for clocks that are ahead.
const SECONDS: &[f64] = &[
    -300.0, -60.0, -5.0, -1.0, 0.0, 0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1.0, 5.0, 60.0, 300.0,
];
const BYTES: &[f64] = &[
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    26_214_400.0,
];

/// Keeps everything that is recorded, and writes it as text.
#[derive(Clone, Default)]
pub(crate) struct Registry(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    help: BTreeMap<String, String>,
    series: BTreeMap<(String, String), Series>,
}

#[derive(Clone)]
enum Series {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

/// How many values each bucket has, their number and their sum.
struct Buckets {
    bounds: &'static [f64],
    kept: Mutex<(Vec<u64>, u64, f64)>,
}

impl Registry {
    /// Everything that was recorded, in the text format of Prometheus.
    // ref: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    pub(crate) fn render(&self) -> String {
        let kept = self.kept();
        let mut text = String::new();
        let mut last = "";
        for ((name, labels), series) in &kept.series {
            if name != last {
                let help = kept.help.get(name).map_or("", String::as_str);
                let kind = match series {
                    Series::Counter(_) => "counter",
                    Series::Gauge(_) => "gauge",
                    Series::Histogram(_) => "histogram",
                };
                let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
                last = name;
            }
            match series {
                Series::Counter(value) => {
                    let value = value.load(Ordering::Relaxed);
                    let _ = writeln!(text, "{name}{{{labels}}} {value}");
                }
                Series::Gauge(value) => {
                    let value = f64::from_bits(value.load(Ordering::Relaxed));
                    let _ = writeln!(text, "{name}{{{labels}}} {value}");
                }
                Series::Histogram(buckets) => buckets.write(&mut text, name, labels),
            }
        }
        text
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, name: &KeyName, help: &SharedString) {
        let name = name.as_str().to_owned();
        self.kept().help.insert(name, help.to_string());
    }

    /// The series of `key`, made by `make` if there is none yet.
    fn series(&self, key: &Key, make: impl FnOnce() -> Series) -> Series {
        let labels = key
            .labels()
            .map(|label| format!("{}=\"{}\"", label.key(), escaped(label.value())))
            .collect::<Vec<_>>()
            .join(",");
        let at = (key.name().to_owned(), labels);
        let mut kept = self.kept();
        kept.series.entry(at).or_insert_with(make).clone()
    }
}

fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

impl Recorder for Registry {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.series(key, || Series::Counter(Arc::default())) {
            Series::Counter(value) => Counter::from_arc(value),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.series(key, || Series::Gauge(Arc::default())) {
            Series::Gauge(value) => Gauge::from_arc(value),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let bounds = if key.name().ends_with("_bytes") {
            BYTES
        } else {
            SECONDS
        };
        match self.series(key, || Series::Histogram(Arc::new(Buckets::new(bounds)))) {
            Series::Histogram(buckets) => Histogram::from_arc(buckets),
            _ => Histogram::noop(),
        }
    }
}

impl Buckets {
    fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            kept: Mutex::new((vec![0; bounds.len()], 0, 0.0)),
        }
    }

    fn write(&self, text: &mut String, name: &str, labels: &str) {
        let (counts, count, sum) = &*self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (bound, upto) in self.bounds.iter().zip(counts) {
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {upto}");
        }
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{name}_sum{{{labels}}} {sum}");
        let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (counts, count, sum) = &mut *kept;
        for (bound, upto) in self.bounds.iter().zip(counts) {
            if value <= *bound {
                *upto += 1;
            }
        }
        *count += 1;
        *sum += value;
    }
}
