"""Configuration files with the enforcement switch, and the register of services."""

from custodes.scenarios.build.setting import Setting
from custodes.world.key import EnforcementKey, OrderKey, Scalar
from custodes.world.value import Service, Status


def configuration(setting: Setting) -> dict[str, dict[str, Scalar]]:
    """The configuration files in an order drawn from the seed."""
    files = list(setting.story.configuration)
    setting.ground.draw("configuration").shuffle(files)
    return {
        file.name: {key: _value(setting, value) for key, value in file.values.items()}
        for file in files
    }


def enforcement(setting: Setting) -> EnforcementKey:
    """What must stand where for enforcement to act on the subject."""
    entry = setting.story.enforcement
    if entry is None:
        raise ValueError(f"{setting.story.folder}/story.yaml has no section 'enforcement'")
    requires = {key: _value(setting, value) for key, value in entry.requires.items()}
    return EnforcementKey(file=entry.file, requires=requires)


def registry(setting: Setting) -> dict[str, Service]:
    """The services in an order drawn from the seed, all active."""
    entries = list(setting.story.registry)
    setting.ground.draw("registry").shuffle(entries)
    return {
        setting.fill(entry.id): Service(name=setting.fill(entry.name), status=Status.ACTIVE)
        for entry in entries
    }


def order(setting: Setting) -> OrderKey:
    """The id of the subject's service."""
    entry = next(entry for entry in setting.story.registry if entry.subject)
    return OrderKey(id=setting.fill(entry.id))


def _value(setting: Setting, value: Scalar) -> Scalar:
    """A configuration value with its slots filled."""
    return setting.fill(value) if isinstance(value, str) else value
