"""A real OpenStack for tests: one process a service, on loopback, ended with the test run."""

from tests.support.openstack.cloud import Cloud
from tests.support.openstack.login import Api, Login

__all__ = ["Api", "Cloud", "Login"]
