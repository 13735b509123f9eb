"""Every error a user can meet, with the exit code its job ends with."""


class TiltyardError(ValueError):
    """Base of all errors: names the object, the fact and the way out."""

    exit_code = 1


class ConfigError(TiltyardError):
    """The command line or the configuration is wrong; nothing has been touched."""

    exit_code = 2


class DataContractError(TiltyardError):
    """The data is not what the app declares; nothing has been written."""

    exit_code = 3


class TooManyFailures(TiltyardError):
    """More tenants failed than the app's gates allow; results of the others are written."""

    exit_code = 4


class AlertsFiring(TiltyardError):
    """At least one alert is firing and the caller asked to be told by exit code."""

    exit_code = 5


class TryAgain(TiltyardError):
    """Another run holds what this one needs; the same command may succeed later."""

    exit_code = 75


class Terminated(TiltyardError):
    """The process was asked to stop (SIGTERM); the same command starts over."""

    exit_code = 143  # 128 + SIGTERM, as shells say it
