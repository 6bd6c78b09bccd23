# The image of CustomContainer.python(directory). SageMaker runs it as `docker run IMAGE train` and `IMAGE serve`.
FROM public.ecr.aws/docker/library/python:3.12-slim

# The program gives up root for this user (mdlc_container/privileges.py says why the image has no USER).
RUN useradd --system --create-home app

WORKDIR /opt/program

# Dependencies first: they change less often than the code.
COPY own/requirements.lock own/
RUN python -m pip install --no-cache-dir --require-hashes --requirement own/requirements.lock

COPY container.py serve.py ./
COPY serving serving
COPY mdlc_container mdlc_container
COPY own own
RUN python container.py check

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8080

# In this form, so that SIGTERM reaches the program and not a shell.
ENTRYPOINT ["python", "/opt/program/container.py"]
