"""The native provider as a folder, for ``pulumi package add ./provider``: see docs/languages.md."""

from checkly_dynamic.plugin.serve import main

main()
