"""The machines of a rollout in containers: Inspect's `docker` sandbox, and its `k8s`."""
