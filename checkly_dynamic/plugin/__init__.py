"""The native provider ``checkly-sessions``: the resources of ``core/`` for programs in every Pulumi language, by gRPC."""
