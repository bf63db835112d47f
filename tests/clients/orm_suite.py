# An application of SQLAlchemy's ORM through Skein, the same on every engine. Started by
# sqlalchemy.cpp with the engine and the ports in the environment; what was written is looked at
# straight at the server, too.
import datetime
import decimal
import os
import threading
import unittest

import sqlalchemy as sa
from sqlalchemy import orm

ENGINE = os.environ["ENGINE"]
DRIVER = {"postgres": "postgresql+psycopg2", "mariadb": "mariadb+pymysql",
          "mysql": "mysql+pymysql"}[ENGINE]
Base = orm.declarative_base()

tags_of_goods = sa.Table(
    "tags_of_goods", Base.metadata,
    sa.Column("good", sa.ForeignKey("goods.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag", sa.ForeignKey("tags.id"), primary_key=True))


class Shop(Base):
    __tablename__ = "shops"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(60), unique=True, nullable=False)
    goods = orm.relationship("Good", back_populates="shop", cascade="all, delete-orphan",
                             order_by="Good.id")


class Good(Base):
    __tablename__ = "goods"
    id = sa.Column(sa.Integer, primary_key=True)
    shop_id = sa.Column(sa.ForeignKey("shops.id"), nullable=False)
    kind = sa.Column(sa.String(10), nullable=False)
    name = sa.Column(sa.String(60))
    price = sa.Column(sa.Numeric(12, 2))
    made = sa.Column(sa.Date)
    about = sa.Column(sa.JSON)
    picture = sa.Column(sa.LargeBinary)
    version = sa.Column(sa.Integer, nullable=False)
    shop = orm.relationship("Shop", back_populates="goods")
    tags = orm.relationship("Tag", secondary=tags_of_goods, order_by="Tag.word")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "good",
                       "version_id_col": version}


class Goose(Good):
    wings = sa.Column(sa.Integer)
    __mapper_args__ = {"polymorphic_identity": "goose"}


class Tag(Base):
    __tablename__ = "tags"
    id = sa.Column(sa.Integer, primary_key=True)
    word = sa.Column(sa.String(30), unique=True)


def connect_to(variable, **more):
    where = f"{DRIVER}://app:app-secret@127.0.0.1:{os.environ[variable]}/app"
    return sa.create_engine(where, future=True, **more)


class Orm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = connect_to("SKEIN_PORT", pool_size=8, pool_pre_ping=True)
        cls.direct = connect_to("SERVER_PORT")
        Base.metadata.create_all(cls.engine)

    @classmethod
    def tearDownClass(cls):
        Base.metadata.drop_all(cls.engine)
        for each in (cls.engine, cls.direct):
            each.dispose()

    def setUp(self):
        with self.session() as one, one.begin():
            for table in (tags_of_goods, Good.__table__, Shop.__table__, Tag.__table__):
                one.execute(table.delete())

    def session(self, **more):
        return orm.Session(self.engine, future=True, **more)

    def at_server(self, sql, **parameters):
        with self.direct.connect() as on:
            return on.execute(sa.text(sql), parameters).all()

    def fill(self):
        with self.session() as one:
            north = Shop(name="nörth", goods=[
                Good(name=f"good {n}", price=decimal.Decimal(n) / 4,
                     made=datetime.date(2020, 1, 1 + n), about={"n": n, "list": [1, "ü", None]},
                     picture=bytes(range(256)) * n) for n in range(10)])
            north.goods.append(Goose(name="Akka", wings=2))
            words = [Tag(word=word) for word in ("grey", "old", "wild")]
            for n, good in enumerate(north.goods):
                good.tags = words[:n % 4]
            one.add_all([north, Shop(name="south")])
            one.commit()
            return north.id

    def test_values_and_loading(self):
        key = self.fill()
        loads = (orm.lazyload, orm.joinedload, orm.selectinload, orm.subqueryload)
        for load in loads:
            with self.session() as one:
                shop = one.get(Shop, key, options=[load(Shop.goods).options(load(Good.tags))])
                self.assertEqual([good.name for good in shop.goods],
                                 [f"good {n}" for n in range(10)] + ["Akka"])
                self.assertEqual([len(good.tags) for good in shop.goods],
                                 [n % 4 for n in range(11)])
                seventh = shop.goods[7]
                self.assertEqual((seventh.price, seventh.made, seventh.about, seventh.picture),
                                 (decimal.Decimal("1.75"), datetime.date(2020, 1, 8),
                                  {"n": 7, "list": [1, "ü", None]}, bytes(range(256)) * 7))
                self.assertIsInstance(shop.goods[10], Goose)
                self.assertEqual(shop.goods[10].wings, 2)
        self.assertEqual(self.at_server("select count(*), sum(price) from goods"),
                         [(11, decimal.Decimal("11.25"))])

    def test_queries(self):
        key = self.fill()
        with self.session() as one:
            counted = one.execute(
                sa.select(Tag.word, sa.func.count(Good.id)).select_from(Good).join(Good.tags)
                .group_by(Tag.word).order_by(Tag.word))
            self.assertEqual(counted.all(), [("grey", 8), ("old", 5), ("wild", 2)])
            some = sa.select(Good).where(Good.name.in_(["good 3", "Akka"]), Good.shop_id == key)
            self.assertEqual(len(one.scalars(some.order_by(Good.id)).all()), 2)
            paged = [[each.name for each in one.scalars(
                sa.select(Good).order_by(Good.id).limit(4).offset(at))] for at in (0, 4, 8)]
            self.assertEqual([len(each) for each in paged], [4, 4, 3])
            streamed = one.scalars(sa.select(Good).order_by(Good.id)
                                   .execution_options(yield_per=3))
            self.assertEqual(sum(1 for _ in streamed), 11)
            empty = sa.select(Shop.name).where(~Shop.goods.any())
            self.assertEqual(one.scalars(empty).all(), ["south"])

    def test_units_of_work(self):
        key = self.fill()
        with self.session() as one:
            shop = one.get(Shop, key)
            shop.goods[0].name = "changed"
            del shop.goods[1]
            shop.goods.append(Good(name="new", tags=[Tag(word="fresh")]))
            self.assertEqual(one.scalar(sa.select(sa.func.count(Good.id))), 11)  # flushed for it
            self.assertEqual(self.at_server("select count(*) from goods where name = 'changed'"),
                             [(0,)])
            one.commit()
            self.assertEqual(self.at_server("select name, version from goods where name in "
                                            "('changed', 'new', 'good 1') order by name"),
                             [("changed", 2), ("new", 1)])
            shop.goods[2].name = "never"
            one.flush()
            one.rollback()
            self.assertEqual(shop.goods[2].name, "good 3")
            one.delete(shop)
            one.commit()
        self.assertEqual(self.at_server("select count(*) from goods"), [(0,)])

    def test_savepoints_and_errors(self):
        self.fill()
        with self.session() as one:
            one.add(Shop(name="east"))
            with self.assertRaises(sa.exc.IntegrityError):
                with one.begin_nested():
                    one.add(Shop(name="south"))
                    one.flush()
            with one.begin_nested():
                one.add(Shop(name="west"))
            one.commit()
        self.assertEqual(self.at_server("select count(*) from shops"), [(4,)])

    def test_versions_tell_of_others_changes(self):
        key = self.fill()
        with self.session() as one, self.session() as other:
            mine, theirs = (each.get(Shop, key).goods[4] for each in (one, other))
            mine.name = "mine"
            one.commit()
            theirs.name = "theirs"
            with self.assertRaises(orm.exc.StaleDataError):
                other.commit()
            other.rollback()
            self.assertEqual(theirs.name, "mine")

    def test_many_at_once(self):
        key = self.fill()
        with self.session() as one:
            one.bulk_insert_mappings(Good, [
                {"shop_id": key, "kind": "good", "name": f"bulk {n}", "version": 1}
                for n in range(2000)])
            one.execute(sa.update(Good).where(Good.name.like("bulk 1%")).values(price=5),
                        execution_options={"synchronize_session": False})
            one.commit()
        told = self.at_server("select count(*), sum(case when price = 5 then 1 else 0 end) "
                              "from goods where name like 'bulk %'")
        self.assertEqual(told, [(2000, 1111)])

    def test_own_writes_are_read(self):
        key = self.fill()
        reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with reading.connect() as on:
            name = sa.select(Shop.__table__.c.name).where(Shop.__table__.c.id == key)
            for n in range(200):
                on.execute(sa.update(Shop.__table__).where(Shop.__table__.c.id == key)
                           .values(name=f"name {n}"))
                self.assertEqual(on.scalar(name), f"name {n}")

    def test_threads(self):
        key = self.fill()
        troubles = []

        def work(number):
            try:
                for n in range(10):
                    with self.session() as one:
                        one.add(Good(shop_id=key, name=f"of {number}"))
                        one.commit()
                        mine = sa.select(sa.func.count(Good.id)).where(Good.name == f"of {number}")
                        if one.scalar(mine) != n + 1:
                            troubles.append(f"{number} has not {n + 1}")
            except Exception as trouble:  # pylint: disable=broad-except
                troubles.append(repr(trouble))
        threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(troubles, [])
        self.assertEqual(self.at_server("select count(*) from goods where name like 'of %'"),
                         [(120,)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
