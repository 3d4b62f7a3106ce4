"""What a Pulumi program constructs: the triggers, the gate, and the typed shapes of their inputs and outputs."""
