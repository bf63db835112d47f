# MariaDB 10.11 out of Debian's packages: what docker/test.sh takes for the image mariadb:10.11
# where no registry can be reached.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends mariadb-server mariadb-client \
 && rm -rf /var/lib/apt/lists/* /var/lib/mysql \
 && install -d -o mysql -g mysql -m 700 /var/lib/mysql /run/mysqld
USER mysql
