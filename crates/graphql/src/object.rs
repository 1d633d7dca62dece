//! A macro for GraphQL output objects.

/// Defines output objects and their constructors, `new`.
///
/// `struct PlaceType("Place") from(…)` defines the type `Place` of the schema. The parentheses
/// after `from` contain the parameters of `new`. Each field has a description, a type and a value,
/// an expression over the parameters and the preceding `let` bindings. Without `= value`, the value
/// is the parameter or variable of the same name.
///
/// The derives are part of the invocation, so that names in `complexity` expressions resolve there.
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
