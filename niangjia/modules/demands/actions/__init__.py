"""What people do with demands; what they do with the case of one is done by `engines/casework`."""

from niangjia.modules.demands.actions.recording import record_demand

__all__ = ["record_demand"]
