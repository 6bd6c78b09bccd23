# The image of CustomContainer.r(directory). SageMaker runs it as `docker run IMAGE train` and `IMAGE serve`.
FROM public.ecr.aws/docker/library/debian:12-slim

# Packages first: they change less often than the code. packages.txt names Debian's packages, one a line.
COPY own/packages.tx[t] /tmp/
RUN apt-get update \
 && touch /tmp/packages.txt \
 && grep -v '^#' /tmp/packages.txt | xargs apt-get install -y --no-install-recommends r-base-core r-cran-plumber \
 && rm -rf /var/lib/apt/lists/*

# entry.sh gives up root for this user, and says why the image has no USER.
RUN useradd --system --create-home app

WORKDIR /opt/program
COPY container.R entry.sh ./
COPY mdlc_container mdlc_container
COPY own own

# Debian's image has no UTF-8 locale, and R reads model.R in that of its process.
ENV LANG=C.UTF-8
RUN Rscript --vanilla container.R check

EXPOSE 8080

# In this form, so that SIGTERM reaches entry.sh and not another shell.
ENTRYPOINT ["sh", "/opt/program/entry.sh"]
