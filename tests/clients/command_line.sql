-- What people type into `mysql` and `mariadb`, of everything some: command_line.cpp has it run
-- through Skein and straight at the server, by either client, and wants the same output. What
-- belongs to one server (numbers of connections, counters, ports) is left out.
select 1 as one, null as nothing, 'two' as `Two`, 1.10 as exact, 1e3 as rough, x'00ff' as bits;
select 'first'; select 'second' \G
select database(), user(), @@version_comment <> '';
show databases like 'o%';
show tables;
set sql_mode = '';
create table types (
  id int unsigned not null auto_increment primary key comment 'a number',
  tiny tinyint, small smallint unsigned, medium mediumint, large bigint unsigned,
  exact decimal(65, 30), rough float, rougher double,
  one bit(1), many bit(64), day date, clock time(6), moment datetime(6),
  stamp timestamp(6) null default null, years year,
  word char(10), words varchar(200) default 'wörter', raw binary(4), raws varbinary(300),
  shorts tinyblob, longs longtext, choice enum('a', 'b', 'ü'), several set('x', 'y', 'z'),
  doc json, place point, made int generated always as (tiny * 2) stored, key (words(20))
) comment 'all of them';
insert into types (tiny, small, medium, large, exact, rough, rougher, one, many, day, clock, moment,
  stamp, years, word, words, raw, raws, shorts, longs, choice, several, doc, place) values
 (127, 65535, 8388607, 18446744073709551615, 99999999999999999999999999999999999.999999999999999999999999999999,
  3.402823e38, 1.7976931348623157e308, b'1', ~0, '9999-12-31', '838:59:59.000000',
  '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999', 2155, 'plätze', '雁 🪿', x'00ff2700',
  x'000102030405060708090a0b0c0d0e0f5c2722', x'', repeat('long ', 2000), 'ü', 'x,z',
  '{"a": [1, 2.5, null, "ü"]}', point(1, 2)),
 (-128, 0, -8388608, 0, -0.000000000000000000000000000001, -1.5, -2.5e-308, b'0', 0, '1000-01-01',
  '-838:59:59', '1000-01-01 00:00:00', '1970-01-02 00:00:00', 1901, '', '', '', '', null, '', 'a', '',
  '[]', null),
 (0, 0, 0, 0, 0, 0, 0, 0, 0, '0000-00-00', '00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 0,
  '', '', '', '', '', '', 0, '', 'null', null);
insert into types () values ();
select * from types order by id \G
select id, tiny, word, hex(raws), hex(many), bin(one) from types order by id;
insert into types (tiny, small, words, choice) values (1000, -1, repeat('w', 300), 'none');
show warnings;
set sql_mode = default;
insert into types (tiny) values (1000);
insert into types (day) values ('0000-00-00');
insert into types (day) values ('2023-02-30');
insert into types (choice) values ('none');
select cast('1x' as signed), '2x' + 1;
show warnings;
begin;
select cast('1x' as signed);
show count(*) warnings;
show warnings limit 1; show errors;
select @@warning_count, @@error_count;
delete from types where tiny = 0;
select row_count();
select sql_calc_found_rows id from types limit 1;
select found_rows() > 0;
rollback;
selec 1;
select * from nowhere;
select nothing from types;
insert into types (id) values (1);
select 1 / 0, 1 % 0;
select (select 1 union select 2);
create table types (n int);
drop table nowhere;
drop table if exists nowhere;
show warnings;
select
  'over
several lines', "double", 'it''s', 'a\\b\tc', -- a comment
  /* another */ 1 # and one more
;
select /*!50000 'executed' */ 'comment';
describe types;
show create table types;
show full columns from types like 'w%';
show table status like 'nothing';
select column_name, column_type, is_nullable, column_default from information_schema.columns
 where table_schema = 'app' and table_name = 'types' order by ordinal_position;
show variables like 'sql_mode';
show character set like 'latin1';
show collation like 'utf8mb4_bin';
show grants;
show privileges like 'x';
show engines like 'x';
show plugins like 'x';
help contents like;
set names latin1;
select @@character_set_client, @@character_set_results, @@collation_connection;
set names utf8mb4;
charset latin1
select @@character_set_client;
charset utf8mb4
select length('ü'), char_length('ü'), 'ü' = 'Ü', 'ü' collate utf8mb4_bin = 'Ü', _latin1 x'fc';
set time_zone = '+05:30';
select @@time_zone, from_unixtime(0), timestampdiff(minute, utc_timestamp(), now());
select stamp from types order by id limit 2;
set time_zone = default, @mine = 'my own', @yours := 5.50;
select @mine, @yours, @nobodys, @mine := 7;
select @@sql_select_limit, @@max_join_size, @@autocommit, @@foreign_key_checks;
set session group_concat_max_len = 5;
select group_concat(id order by id), @@group_concat_max_len from types;
set group_concat_max_len = default;
set no_such_variable = 1;
set global max_connections = 10;
create table t (n int primary key auto_increment, w varchar(20) unique) engine innodb;
insert into t (w) values ('one'), ('two'), ('three');
select last_insert_id(), last_insert_id(n) from t where n = 2;
select last_insert_id();
insert into t (w) values ('one');
insert ignore into t (w) values ('one'), ('four');
insert into t (w) values ('one') on duplicate key update w = 'uno';
replace into t values (2, 'zwei');
update t set w = upper(w) where n > 1;
update t set w = w;
begin; insert into t values (10, 'ten'); savepoint here; insert into t values (11, 'eleven');
rollback to here; release savepoint here; rollback to here; commit;
start transaction read only; insert into t values (12, 'twelve'); select count(*) from t; commit;
start transaction with consistent snapshot; select * from t order by n; rollback;
set autocommit = 0; delete from t; rollback; select count(*) from t; set autocommit = 1;
set transaction isolation level serializable; begin; select count(*) from t; commit;
set session transaction read only; insert into t values (13, ''); set session transaction read write;
begin; insert into t values (14, ''); create table ends_it (n int); rollback; select max(n) from t;
select * from t where n = 1 for update; select * from t where n = 1 lock in share mode;
lock tables t write; insert into t values (15, 'locked'); select count(*) from types; unlock tables;
select get_lock('mine', 1), is_free_lock('mine'), release_lock('mine');
handler t open; handler t read first; handler t close;
xa start 'x'; insert into t values (16, 'xa'); xa end 'x'; xa prepare 'x'; xa commit 'x';
xa start 'y'; insert into t values (17, 'xa'); xa end 'y'; xa rollback 'y'; xa commit 'y';
prepare p from 'select ?, ? + 1'; set @a = 'text', @b = 41; execute p using @a, @b; deallocate prepare p;
execute p;
create temporary table passing select n from t; select count(*) from passing; drop table passing;
delimiter //
create procedure several(in a int, inout b int, out c varchar(20))
begin
  select a, b; select w from t order by n limit 2; set b = a + b, c = 'out';
end//
create procedure fails() begin select 'before'; signal sqlstate '45000' set message_text = 'on purpose', mysql_errno = 5000; end//
create procedure warns() begin declare continue handler for 1051 select 'caught'; drop table nowhere; select cast('3y' as signed); end//
create function twice(n int) returns int deterministic return n * 2//
create trigger before_t before insert on t for each row set new.w = concat(new.w, '!')//
select 'several'; select 'in one'//
select 'one fails'; select * from nowhere; select 'never'//
delimiter ;
set @b = 2; call several(40, @b, @c); select @b, @c;
call fails(); call warns(); show warnings;
call nowhere();
select twice(21), twice(n) from t order by n limit 1;
insert into t values (18, 'triggered'); select w from t where n = 18;
show procedure status like 'nothing'; show create function twice \G
show triggers like 'nothing';
create view seen as select n, w from t where n < 3 with check option;
select * from seen order by n; insert into seen values (100, 'no'); show create view seen \G
with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select sum(n) from r;
select n, row_number() over (order by n desc) as place from t order by n limit 2;
select json_extract(doc, '$.a[1]'), json_type(doc) from types where id = 1;
table t order by n limit 1;
values row(1, 'a'), row(2, 'b');
do sleep(0), release_all_locks();
explain select 1;
analyze table nowhere; checksum table nowhere; check table nowhere;
flush no_such_thing;
use other
select database(); show tables;
create table here (n int); insert into here values (7); select * from other.here, app.t where app.t.n = 1;
use nowhere
use app
drop table other.here;
load data local infile 'FILE' into table t fields terminated by ',' (n, w);
select count(*), min(n), max(w) from t where n >= 1000;
select n into outfile '/no/such/folder/file' from t;
\W
insert ignore into t values (1, '');
\w
truncate table t;
drop view seen; drop table t, types, ends_it;
drop procedure several; drop procedure fails; drop procedure warns; drop function twice;
