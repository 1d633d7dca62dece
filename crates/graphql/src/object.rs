//! GraphQL objects together with the values of their fields.

/// Defines output objects, each with a constructor `new`.
///
/// Each field has its description, its type and its value, an expression over the parameters of
/// `from` and over what `let` binds before the fields. Without `= value`, a field is the parameter
/// or variable of the same name.
///
/// The invocation names the derives, so that the names in `complexity` expressions resolve there.
macro_rules! objects {
    (
        #![$derive:meta]
        $(
            $(#[$attribute:meta])*
            struct $name:ident($graphql_name:tt) from($($parameter:ident: $parameter_type:ty),* $(,)?) {
                $(let $binding:pat = $bound:expr;)*
                $($(#[$field_attribute:meta])+ $field:ident: $field_type:ty $(= $value:expr)?,)*
            }
        )+
    ) => {$(
        #[$derive]
        $(#[$attribute])*
        #[graphql(name = $graphql_name)]
        pub(super) struct $name {
            $($(#[$field_attribute])+ $field: $field_type,)*
        }

        impl $name {
            pub(super) fn new($($parameter: $parameter_type),*) -> Self {
                $(let $binding = $bound;)*
                Self { $($field $(: $value)?,)* }
            }
        }
    )+};
}
