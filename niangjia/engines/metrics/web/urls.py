from django.urls import path

from niangjia.engines.metrics.web import faults, figures

app_name = "metrics"
urlpatterns = [
    path("figures/", figures.figure_table, name="figure_table"),
    path("faults/", faults.fault_list, name="fault_list"),
    path("faults/assign/", faults.faults_assign, name="faults_assign"),
    path("faults/owners/", faults.owner_options, name="owner_options"),
]
