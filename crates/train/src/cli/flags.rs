//! The recipe's knobs as flags.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value;
use train::recipe::{Knob, Layers, at_path, knobs};

/// The knobs that were given, each with its flag and its part of a recipe.
#[derive(Clone, Debug, Default)]
pub struct Flags(Vec<(String, Value)>);

impl Flags {
    /// Lays them over what is there.
    pub fn over(self, layers: Layers) -> Layers {
        let given = self.0.into_iter();
        given.fold(layers, |layers, (flag, tree)| layers.over(Some(flag), tree))
    }

    fn take(&mut self, matches: &ArgMatches) {
        for knob in knobs() {
            let value = match knob.value {
                Some(_) => matches.get_one::<Value>(&knob.flag).cloned(),
                None => matches.get_flag(&knob.flag).then_some(Value::Bool(true)),
            };
            if let Some(value) = value {
                let tree = at_path(&knob.path, value);
                self.0.push((format!("--{}", knob.flag), tree));
            }
        }
    }
}

fn flag(knob: Knob) -> Arg {
    let arg = Arg::new(knob.flag.clone())
        .long(knob.flag.clone())
        .help(knob.help.clone());
    match knob.value.clone() {
        None => arg.action(ArgAction::SetTrue),
        Some(value) => arg
            .value_name(value)
            .allow_negative_numbers(true)
            .value_parser(move |text: &str| knob.parse(text)),
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(knobs().into_iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.take(matches);
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.take(matches);
        Ok(())
    }
}

/// One value of a recipe: `PATH=VALUE`.
#[derive(Clone, Debug)]
pub struct Setting {
    path: String,
    value: Value,
    text: String,
}

impl std::str::FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((path, value)) = text.split_once('=').filter(|(path, _)| !path.is_empty()) else {
            return Err("must be PATH=VALUE, as optimizer.lr=0.01".to_string());
        };
        Ok(Self {
            path: path.to_string(),
            value: serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
            text: text.to_string(),
        })
    }
}

impl Setting {
    /// Lays all of them over what is there: names first, since a new name forgets what was said of
    /// the old one.
    pub fn over_all(settings: Vec<Self>, layers: Layers) -> Layers {
        let (names, others): (Vec<_>, Vec<_>) = settings
            .into_iter()
            .partition(|setting| setting.path.ends_with(".name"));
        names
            .into_iter()
            .chain(others)
            .fold(layers, |layers, setting| {
                let origin = format!("--set {}", setting.text);
                layers.over(Some(origin), at_path(&setting.path, setting.value))
            })
    }
}
