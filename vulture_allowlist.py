"""Names that something outside the two packages uses; vulture counts every name that stands here as used."""
# ruff: noqa: B018, F821 - it is read, never run

# The SDK's public names.
check_many
current_period_end
current_period_start
failed_logins
has_password
has_totp
introspect
last_used_at
locked_until
mfa
password_changed_at
sealed_with_others

# The managers of the enterprise requirements.
cancel_subscription
check_access
check_subscription_status
create_feature_flag
create_subscription
get_subscription_by_tenant
get_current_month_usage
get_flag_value
get_usage
remove_tenant_override
set_tenant_override
authenticate_user
check_limit
create_tenant
create_user
delete_tenant
delete_user
get_current_tenant
get_role
get_tenant
get_tenant_by_domain
get_user
get_user_by_email
get_user_permissions
has_all_permissions
has_any_permission
is_feature_enabled
list_roles
list_tenants
list_users_by_tenant
set_current_tenant
update_tenant
update_user

# Functions of conditions: the engine finds them by the names that policies use.
any_in
contains
glob_match
ip_match
key_match2
key_match3
key_match4
key_match5
regex_match

# Scopes and exit codes: keys and scripts name them by their values.
ADMIN_KEYS
ADMIN_SESSIONS
ADMIN_SUBSCRIPTIONS
ADMIN_TENANTS
ADMIN_USERS
AUDIT_READ
AUDIT_WRITE
FLAGS_WRITE
LIMITS_CONSUME
USAGE_READ
USAGE_WRITE

# Fields that msgspec writes to the wire.
access_evaluation_endpoint
access_evaluations_endpoint
facts_stale_since
policy_decision_point

# What other libraries read or call: RE2, Werkzeug, prometheus-client, Granian.
call_soon_threadsafe
_schedule_fn
collect
log_errors
max_mem
merge_slashes

# What Pony calls, and maps.
acquire_lock
release_lock
seq
set_transaction_mode
should_reconnect

# Flags as OpenFeature asks for them: in bulk, and as a type.
as_type
evaluate_all

# Declared by a policy, read by the search for actions.
actions

# What Pony calls, and maps.
acquire_lock
release_lock
seq
set_transaction_mode
should_reconnect

# Declared by a policy, read by whoever counts.
meters
unit
when_unavailable

# Words of a policy's files: they are found by their values.
BILLING_PERIOD
CANCELED
CRITICAL
DAY
EXPIRED
HIGH
HOUR
LATEST
LOW
MEDIUM
MINUTE
MONTH
PAUSED
RATE_PER_SECOND
SOFT
TOTAL
color

# Kinds of audit events: hosts send them, and find them by their values.
ACCESS_DENIED
EXPORT
OTHER
POLICY_CHANGE

# Members of answers.
active
authenticated
enabled
error_code
error_details
failed_logins
ignored
last_evaluated
plan_amount
recovery_codes
valid

# What Werkzeug reads of a converter.
part_isolating
regex
# What OpenFeature calls.
get_metadata
resolve_boolean_details_async
resolve_float_details_async
resolve_integer_details_async
resolve_object_details_async
resolve_string_details_async

# What Python calls for a name of a module.
__getattr__

# What Flask and Werkzeug look at.
url_rule_class
_compile_builder

# What click calls.
format_commands
get_command
list_commands

# On the wire of limits.
allowed_by
specversion
repaired
period_start
default_port
