"""Pages without scripts, in which all text is escaped."""

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

ENVIRONMENT = Environment(
    loader=PackageLoader("labkit.grading", ""), autoescape=True, trim_blocks=True, undefined=StrictUndefined
)


def template(name: str) -> Template:
    """Returns a template of this package."""
    return ENVIRONMENT.get_template(name)
