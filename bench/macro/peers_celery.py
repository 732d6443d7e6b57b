"""The Celery application of bench/macro/peers.py."""
import os

import celery
import peers_functions

app = celery.Celery("peers", broker=os.environ["PEERS_REDIS"], backend=os.environ["PEERS_REDIS"])
app.conf.update(task_serializer="pickle", result_serializer="pickle", accept_content=["pickle"],
                worker_prefetch_multiplier=32, task_ignore_result=False, result_expires=60,
                broker_connection_retry_on_startup=True)
echo = app.task(peers_functions.echo, name="echo")
total = app.task(peers_functions.total, name="total")
