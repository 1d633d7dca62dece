//! Puts the layers one over the other: flag, environment, `.env`, file,
//! default. Reads nothing itself; what there is to read is handed in.

use std::ffi::OsString;

use clap::{Args, FromArgMatches};

use super::{
    Effective, Origin, Value,
    field::{self, Field, fields},
    problem::{Problem, Problems},
};

/// What one layer says about one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) name: String,
    pub(super) values: Vec<OsString>,
    pub(super) origin: Origin,
}

/// What variables say, by the name of the field. An empty variable is as good
/// as none: files made from a template hold `API_KEYS=`.
pub(super) fn variables(
    fields: &[Field],
    get: impl Fn(&str) -> Option<(OsString, Origin)>,
) -> Vec<Given> {
    let given = fields.iter().filter_map(|field| {
        let (value, origin) = field
            .names()
            .filter_map(|name| get(&field::variable(&name)))
            .find(|(value, _)| !value.is_empty())?;
        Some(Given {
            name: field.name().to_owned(),
            values: vec![value],
            origin,
        })
    });
    given.collect()
}

/// The settings that the layers make, the strongest first. Every value is read
/// by the parser of its declaration, wherever it comes from.
pub(super) fn resolve<T: Args + FromArgMatches>(
    layers: &[Vec<Given>],
) -> Result<Effective<T>, Problems> {
    let fields = fields::<T>();
    let mut line = Vec::new();
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for field in &fields {
        let mut layers = layers.iter().flatten();
        let given = layers.find(|given| given.name == field.name());
        let Some(given) = given else {
            values.push(Value::new(field, &field.default(), Origin::Default));
            continue;
        };
        match field.parse(&given.values) {
            Ok(_) => line.extend(field.flags(&given.values)),
            Err(error) => {
                let problem = Problem::value(field, &given.values, &given.origin, &error);
                problems.push(problem);
            }
        }
        values.push(Value::new(field, &given.values, given.origin.clone()));
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let settings = field::parser(&fields)
        .try_get_matches_from(line)
        .and_then(|matches| T::from_arg_matches(&matches))
        .expect("each value has been read by the same parser");
    Ok(Effective { settings, values })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Sample {
        /// A number.
        #[arg(long, env, alias = "port", default_value_t = 1)]
        http_port: u16,
        /// A list.
        #[arg(long, env, value_delimiter = ',')]
        hosts: Vec<String>,
        /// A truth value.
        #[arg(long, env)]
        required: bool,
        /// A choice.
        #[arg(long, env, value_enum, default_value = "text")]
        format: crate::settings::LogFormat,
        /// A secret.
        #[arg(long, env, value_delimiter = ',', hide_env_values = true, value_parser = key)]
        keys: Vec<String>,
    }

    fn key(text: &str) -> Result<String, String> {
        if text.len() < 4 {
            return Err(format!("`{text}` is too short"));
        }
        Ok(text.to_owned())
    }

    fn given(name: &str, value: &str, origin: Origin) -> Given {
        Given {
            name: name.to_owned(),
            values: vec![value.into()],
            origin,
        }
    }

    fn environment(pairs: &[(&str, &str)]) -> Vec<Given> {
        variables(&fields::<Sample>(), |wanted| {
            let found = pairs.iter().find(|(variable, _)| *variable == wanted)?;
            Some((found.1.into(), Origin::Environment(wanted.to_owned())))
        })
    }

    fn from_environment(pairs: &[(&str, &str)]) -> Result<Sample, String> {
        let effective = resolve::<Sample>(&[environment(pairs)]);
        let settings = effective.map(|effective| effective.settings);
        settings.map_err(|problems| problems.to_string())
    }

    #[test]
    fn the_strongest_layer_wins_setting_by_setting() {
        let file = |line| Origin::File {
            path: "a.toml".into(),
            line,
        };
        let layers = [
            vec![given("http_port", "2", Origin::Flag)],
            environment(&[("HTTP_PORT", "3"), ("HOSTS", "a,b")]),
            vec![
                given("http_port", "4", file(1)),
                given("hosts", "c", file(2)),
                given("required", "yes", file(3)),
            ],
        ];
        let effective = resolve::<Sample>(&layers).unwrap();
        let settings = effective.settings;
        assert_eq!(settings.http_port, 2);
        assert_eq!(settings.hosts, ["a", "b"]);
        assert!(settings.required);
        let origins: Vec<_> = effective.values.iter().map(|v| v.origin.clone()).collect();
        let hosts = Origin::Environment("HOSTS".to_owned());
        let expected = [
            Origin::Flag,
            hosts,
            file(3),
            Origin::Default,
            Origin::Default,
        ];
        assert_eq!(origins, expected);
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let empty = ["HTTP_PORT", "HOSTS", "REQUIRED", "FORMAT", "KEYS"].map(|name| (name, ""));
        let settings = from_environment(&empty).unwrap();
        assert_eq!(settings.http_port, 1);
        assert!(settings.hosts.is_empty());
        assert!(settings.keys.is_empty());
        let settings = from_environment(&[("HTTP_PORT", ""), ("PORT", "5")]).unwrap();
        assert_eq!(settings.http_port, 5);
    }

    #[test]
    fn the_name_wins_over_the_alias_within_a_layer_only() {
        let both = [("PORT", "5"), ("HTTP_PORT", "6")];
        assert_eq!(from_environment(&both).unwrap().http_port, 6);
        let weaker = vec![given("http_port", "7", Origin::Default)];
        let effective = resolve::<Sample>(&[environment(&[("PORT", "5")]), weaker]).unwrap();
        assert_eq!(effective.settings.http_port, 5);
    }

    #[test]
    fn truth_has_many_words() {
        for (word, truth) in [
            ("true", true),
            ("True", true),
            ("1", true),
            ("yes", true),
            ("on", true),
            ("false", false),
            ("False", false),
            ("0", false),
            ("no", false),
            ("off", false),
        ] {
            let settings = from_environment(&[("REQUIRED", word)]).unwrap();
            assert_eq!(settings.required, truth, "{word}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_name_value_and_origin() {
        let error = from_environment(&[("PORT", "abc"), ("REQUIRED", "ja"), ("FORMAT", "xml")]);
        assert_eq!(
            error.unwrap_err(),
            "HTTP_PORT `abc` (environment variable PORT): invalid digit found in string\n\
             REQUIRED `ja` (environment variable REQUIRED): value was not a boolean\n\
             FORMAT `xml` (environment variable FORMAT): it must be one of text, json"
        );
    }

    #[test]
    fn a_secret_is_never_in_a_message() {
        let error = from_environment(&[("KEYS", "hunter2,abc")]).unwrap_err();
        assert_eq!(error, "KEYS (environment variable KEYS): `…` is too short");
    }
}
