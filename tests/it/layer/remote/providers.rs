//! Presets whose keys are published, through the whole layer.
