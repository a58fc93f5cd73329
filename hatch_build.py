"""Build hook: the wheel puts one name, `lifelong_agent`, into site-packages and carries the other three inside it.

A top-level `agents` in a wheel overwrites the package of the same name of another distribution (`openai-agents` has
one) without a word from pip. So `envs`, `agents` and `experiments` travel in `lifelong_agent/_suite/`, and a one-line
`.pth` file appends that folder to `sys.path`: they import under their own names, and whoever had a name first keeps it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SUITE = ("envs", "agents", "experiments")
PATH_FILE = "lifelong_agent_suite.pth"


class BundleSuite(BuildHookInterface):
    """Puts the suite under `lifelong_agent/_suite/` in wheels; editable installs leave them where they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the suite and its path file to a wheel about to be built.

        Args:
            version: The kind of wheel, "standard" or "editable".
            build_data: What Hatchling will build; its `force_include` maps sources to places in the wheel.
        """
        if version != "standard":
            return  # an editable install finds the folders in the checkout, and a bundled copy of them would go stale
        root = Path(self.root)
        bundled = {str(root / name): f"lifelong_agent/_suite/{name}" for name in SUITE}
        build_data["force_include"].update(bundled | {str(root / PATH_FILE): PATH_FILE})
