//! Merges the layers of settings: flag, environment, `.env`, file, default. The caller reads the
//! sources and passes in their values.

use std::ffi::OsString;

use clap::{Args, FromArgMatches};

use super::{
    Effective, EffectiveValue, Origin,
    field::{self, Field, fields},
    problem::{Problem, Problems},
};

/// The value of one setting in one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LayerValue {
    pub(super) name: String,
    pub(super) values: Vec<OsString>,
    pub(super) origin: Origin,
}

/// Returns the values that variables set. An empty variable counts as unset: files made from a
/// template contain `API_KEYS=`.
pub(super) fn variables(
    fields: &[Field],
    get: impl Fn(&str) -> Option<(OsString, Origin)>,
) -> Vec<LayerValue> {
    let layer = fields.iter().filter_map(|field| {
        let (value, origin) = field
            .names()
            .filter_map(|name| get(&field::variable(&name)))
            .find(|(value, _)| !value.is_empty())?;
        Some(LayerValue {
            name: field.name().to_owned(),
            values: vec![value],
            origin,
        })
    });
    layer.collect()
}

/// Merges the layers, of which the first wins. Every value is parsed by the parser of its
/// declaration, whichever layer it is from.
pub(super) fn resolve<T: Args + FromArgMatches>(
    layers: &[Vec<LayerValue>],
) -> Result<Effective<T>, Problems> {
    let fields = fields::<T>();
    let mut arguments = Vec::new();
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for field in &fields {
        let mut layers = layers.iter().flatten();
        let found = layers.find(|value| value.name == field.name());
        let Some(found) = found else {
            values.push(EffectiveValue::new(
                field,
                &field.default(),
                Origin::Default,
            ));
            continue;
        };
        match field.parse(&found.values) {
            Ok(_) => arguments.extend(field.flags(&found.values)),
            Err(error) => {
                let problem = Problem::value(field, &found.values, &found.origin, &error);
                problems.push(problem);
            }
        }
        values.push(EffectiveValue::new(
            field,
            &found.values,
            found.origin.clone(),
        ));
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let settings = field::parser(&fields)
        .try_get_matches_from(arguments)
        .and_then(|matches| T::from_arg_matches(&matches))
        .expect("each value has been parsed by the same parser");
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
        /// A boolean.
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

    fn layer_value(name: &str, value: &str, origin: Origin) -> LayerValue {
        LayerValue {
            name: name.to_owned(),
            values: vec![value.into()],
            origin,
        }
    }

    fn environment(pairs: &[(&str, &str)]) -> Vec<LayerValue> {
        variables(&fields::<Sample>(), |name| {
            let found = pairs.iter().find(|(variable, _)| *variable == name)?;
            Some((found.1.into(), Origin::Environment(name.to_owned())))
        })
    }

    fn from_environment(pairs: &[(&str, &str)]) -> Result<Sample, String> {
        let effective = resolve::<Sample>(&[environment(pairs)]);
        let settings = effective.map(|effective| effective.settings);
        settings.map_err(|problems| problems.to_string())
    }

    #[test]
    fn first_layer_wins_for_each_setting() {
        let file = |line| Origin::File {
            path: "a.toml".into(),
            line,
        };
        let layers = [
            vec![layer_value("http_port", "2", Origin::Flag)],
            environment(&[("HTTP_PORT", "3"), ("HOSTS", "a,b")]),
            vec![
                layer_value("http_port", "4", file(1)),
                layer_value("hosts", "c", file(2)),
                layer_value("required", "yes", file(3)),
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
    fn empty_variable_counts_as_unset() {
        let empty = ["HTTP_PORT", "HOSTS", "REQUIRED", "FORMAT", "KEYS"].map(|name| (name, ""));
        let settings = from_environment(&empty).unwrap();
        assert_eq!(settings.http_port, 1);
        assert!(settings.hosts.is_empty());
        assert!(settings.keys.is_empty());
        let settings = from_environment(&[("HTTP_PORT", ""), ("PORT", "5")]).unwrap();
        assert_eq!(settings.http_port, 5);
    }

    #[test]
    fn name_wins_over_alias_within_a_layer() {
        let both = [("PORT", "5"), ("HTTP_PORT", "6")];
        assert_eq!(from_environment(&both).unwrap().http_port, 6);
        let lower = vec![layer_value("http_port", "7", Origin::Default)];
        let effective = resolve::<Sample>(&[environment(&[("PORT", "5")]), lower]).unwrap();
        assert_eq!(effective.settings.http_port, 5);
    }

    #[test]
    fn booleans_have_several_spellings() {
        for (word, expected) in [
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
            assert_eq!(settings.required, expected, "{word}");
        }
    }

    #[test]
    fn invalid_values_are_reported_together_with_name_value_and_origin() {
        let error = from_environment(&[("PORT", "abc"), ("REQUIRED", "ja"), ("FORMAT", "xml")]);
        assert_eq!(
            error.unwrap_err(),
            "cannot parse HTTP_PORT: \"abc\" is not a whole number from 0 to 65535 \
             (environment variable PORT)\n\
             cannot parse REQUIRED: \"ja\" is not true or false (environment variable REQUIRED)\n\
             cannot parse FORMAT: \"xml\" is not one of text, json (environment variable FORMAT)"
        );
    }

    #[test]
    fn secret_is_not_in_the_error() {
        let error = from_environment(&[("KEYS", "hunter2,abc")]).unwrap_err();
        assert_eq!(
            error,
            "cannot parse KEYS: `…` is too short (environment variable KEYS)"
        );
    }
}
