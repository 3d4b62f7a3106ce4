"""
The native provider ``checkly-sessions``: the resources of ``core/`` for programs in every Pulumi language.

Pulumi starts it as the executable ``pulumi-resource-checkly-sessions`` and speaks gRPC with it.
"""
