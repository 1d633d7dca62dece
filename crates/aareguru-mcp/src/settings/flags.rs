//! The flags of settings. Reads the other sources and merges them with the flags.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use clap::{
    Arg, ArgMatches, Args, Command, FromArgMatches, builder::OsStringValueParser,
    parser::ValueSource, value_parser,
};

use super::{
    Effective, Origin, Problem, Problems, Settings, dotenv,
    field::{Field, fields},
    file,
    layers::{self, LayerValue},
};

const AFTER_HELP: &str = "\
Each setting is also an environment variable, `HTTP_PORT=9000` for `--http-port 9000`, which may be \
in a `.env` file, and a key in the TOML file, `http_port = 9000`. The order of precedence is: flag, \
environment, .env, TOML file, default. `aareguru-mcp check-config` shows the effective settings \
and their origins.";

/// The flags on the command line. [`resolve`](Self::resolve) merges them with the other layers.
///
/// A clap group: flatten it into the arguments of a subcommand.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    config: Option<PathBuf>,
    env_file: Option<PathBuf>,
    layer: Vec<LayerValue>,
}

impl Flags {
    /// Reads the environment, the `.env` file and the TOML file, and merges them with the flags.
    /// Each call reads the files again.
    ///
    /// # Errors
    ///
    /// All problems with files, keys and values.
    pub fn resolve(&self) -> Result<Effective, Problems> {
        let get = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty());
        let fields = fields::<Settings>();
        let mut problems = Vec::new();

        let environment = layers::variables(&fields, |variable| {
            let origin = Origin::Environment(variable.to_owned());
            get(variable).map(|value| (value, origin))
        });

        let named = self
            .env_file
            .clone()
            .or_else(|| get("ENV_FILE").map(PathBuf::from));
        let (path, assignments) = match read_dotenv(named.as_deref()) {
            Ok(path_and_assignments) => path_and_assignments,
            Err(problem) => {
                problems.push(problem);
                (PathBuf::new(), Vec::new())
            }
        };
        // As in a shell, the last assignment wins.
        let assignment = |variable: &str| {
            let mut assignments = assignments.iter().rev();
            assignments.find(|assignment| assignment.variable == variable)
        };
        let dotenv = layers::variables(&fields, |variable| {
            let assignment = assignment(variable)?;
            let (path, line) = (path.clone(), assignment.line);
            Some(((&assignment.value).into(), Origin::Dotenv { path, line }))
        });

        let named = self.config.clone();
        let named = named.or_else(|| get("CONFIG_FILE").map(PathBuf::from));
        let named = named.or_else(|| {
            let assignment = assignment("CONFIG_FILE")?;
            (!assignment.value.is_empty()).then(|| PathBuf::from(&assignment.value))
        });
        let file = named.map_or(Ok(Vec::new()), |path| read_toml(&fields, &path));
        let file = file.unwrap_or_else(|in_file| {
            problems.extend(in_file);
            Vec::new()
        });

        let resolved = layers::resolve(&[self.layer.clone(), environment, dotenv, file]);
        match resolved {
            Ok(effective) if problems.is_empty() => Ok(effective),
            Ok(_) => Err(Problems(problems)),
            Err(Problems(values)) => {
                problems.extend(values);
                Err(Problems(problems))
            }
        }
    }
}

/// Reads the named file, or `.env` in the working directory if it exists.
fn read_dotenv(named: Option<&Path>) -> Result<(PathBuf, Vec<dotenv::Assignment>), Problem> {
    let path = named.unwrap_or(Path::new(".env"));
    // Some tools use `.env` as the name of a directory.
    if named.is_none() && !path.is_file() {
        return Ok((path.to_owned(), Vec::new()));
    }
    let text = read(path, "--env-file or ENV_FILE")?;
    let assignments = dotenv::parse(path, &text)?;
    Ok((path.to_owned(), assignments))
}

fn read_toml(fields: &[Field], path: &Path) -> Result<Vec<LayerValue>, Vec<Problem>> {
    let text = read(path, "--config or CONFIG_FILE").map_err(|problem| vec![problem])?;
    file::parse(fields, path, &text)
}

fn read(path: &Path, setting: &'static str) -> Result<String, Problem> {
    fs::read_to_string(path).map_err(|error: io::Error| Problem::Unreadable {
        path: path.to_owned(),
        setting,
        reason: error.to_string(),
    })
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let files = [
            Arg::new("config")
                .long("config")
                .value_name("CONFIG_FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The TOML file to read settings from; there is no default"),
            Arg::new("env-file")
                .long("env-file")
                .value_name("ENV_FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The file to read instead of `.env` in the working directory"),
        ];
        let settings = fields::<Settings>().into_iter().map(|field| {
            let arg = field.arg().clone();
            if field.is_secret() {
                // clap would print an invalid value: `resolve` parses it instead.
                return arg.value_parser(OsStringValueParser::new());
            }
            arg
        });
        command.args(files).args(settings).after_help(AFTER_HELP)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let layer = fields::<Settings>().into_iter().filter_map(|field| {
            let name = field.name();
            if matches.value_source(name) != Some(ValueSource::CommandLine) {
                return None;
            }
            let values = matches.get_raw(name)?.map(ToOwned::to_owned).collect();
            Some(LayerValue {
                name: name.to_owned(),
                values,
                origin: Origin::Flag,
            })
        });
        Ok(Self {
            config: matches.get_one("config").cloned(),
            env_file: matches.get_one("env-file").cloned(),
            layer: layer.collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
