BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE carried_days (
	id INTEGER NOT NULL, 
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	day DATE NOT NULL, 
	CONSTRAINT pk_carried_days PRIMARY KEY (id), 
	CONSTRAINT uq_carried_days UNIQUE (book, account, day)
);
CREATE TABLE carried_positions (
	id INTEGER NOT NULL, 
	carried_day INTEGER NOT NULL, 
	instrument TEXT NOT NULL, 
	product TEXT NOT NULL, 
	quantity BIGINT NOT NULL, 
	average_price TEXT NOT NULL, 
	realised_pnl TEXT NOT NULL, 
	buy_quantity BIGINT NOT NULL, 
	buy_value TEXT NOT NULL, 
	sell_quantity BIGINT NOT NULL, 
	sell_value TEXT NOT NULL, 
	carried_quantity BIGINT NOT NULL, 
	carried_price TEXT NOT NULL, 
	multiplier TEXT NOT NULL, 
	CONSTRAINT pk_carried_positions PRIMARY KEY (id), 
	CONSTRAINT uq_carried_positions UNIQUE (carried_day, instrument, product), 
	CONSTRAINT fk_carried_positions_carried_days FOREIGN KEY(carried_day) REFERENCES carried_days (id) ON DELETE CASCADE
);
CREATE TABLE clocks (
	book TEXT NOT NULL, 
	time BIGINT NOT NULL, 
	CONSTRAINT pk_clocks PRIMARY KEY (book)
);
CREATE TABLE fills (
	id INTEGER NOT NULL, 
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	trading_day DATE NOT NULL, 
	trade_id TEXT NOT NULL, 
	broker_order_id TEXT NOT NULL, 
	instrument TEXT NOT NULL, 
	side TEXT NOT NULL, 
	product TEXT NOT NULL, 
	quantity BIGINT NOT NULL, 
	price TEXT NOT NULL, 
	filled_at BIGINT NOT NULL, 
	CONSTRAINT pk_fills PRIMARY KEY (id), 
	CONSTRAINT uq_fills UNIQUE (book, account, trading_day, trade_id, broker_order_id)
);
INSERT INTO "fills" VALUES(1,'practice','paper-1','2026-11-23','t-1','b-1','NSE:NIFTY:2026-11-24:24512.5:CE','SELL','CARRY',50,'118.40',1795405800123457);
CREATE TABLE notices (
	id INTEGER NOT NULL, 
	level TEXT NOT NULL, 
	title TEXT NOT NULL, 
	text TEXT NOT NULL, 
	time BIGINT NOT NULL, 
	topic TEXT NOT NULL, 
	account TEXT, 
	CONSTRAINT pk_notices PRIMARY KEY (id)
);
CREATE TABLE order_events (
	id INTEGER NOT NULL, 
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	time BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_order_events PRIMARY KEY (id), 
	CONSTRAINT fk_order_events_orders FOREIGN KEY(book, account, client_id) REFERENCES orders (book, account, "key")
);
INSERT INTO "order_events" VALUES(1,'practice','paper-1','c-1',1795405800123457,'INTENT','written');
CREATE TABLE orders (
	id INTEGER NOT NULL, 
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	client_id TEXT, 
	tag TEXT, 
	broker_id TEXT, 
	instrument TEXT NOT NULL, 
	side TEXT NOT NULL, 
	quantity BIGINT NOT NULL, 
	order_type TEXT NOT NULL, 
	product TEXT NOT NULL, 
	validity TEXT NOT NULL, 
	variety TEXT NOT NULL, 
	limit_price TEXT, 
	trigger_price TEXT, 
	disclosed_quantity BIGINT NOT NULL, 
	market_protection TEXT, 
	status TEXT NOT NULL, 
	pending TEXT NOT NULL, 
	filled_quantity BIGINT NOT NULL, 
	average_price TEXT, 
	reason TEXT NOT NULL, 
	placed_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, validity_minutes BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_orders PRIMARY KEY (id), 
	CONSTRAINT uq_orders UNIQUE (book, account, "key")
);
INSERT INTO "orders" VALUES(1,'practice','paper-1','c-1','c-1','BH7Q2M4K19','b-1','NSE:NIFTY:2026-11-24:24512.5:CE','SELL',150,'SL','CARRY','IOC','ICEBERG','118.40','118.450',75,'1.5','PARTIALLY_FILLED','MODIFY',50,'118.4333333333333333333333333','RMS: „Ärger“ 🛑 ''quoted''',1795405800123457,1795405800123458,0);
CREATE TABLE paper_fills (
	id INTEGER NOT NULL, 
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	fill_id TEXT NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_paper_fills PRIMARY KEY (id), 
	CONSTRAINT uq_paper_fills UNIQUE (book, account, fill_id)
);
CREATE TABLE paper_orders (
	id INTEGER NOT NULL, 
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_paper_orders PRIMARY KEY (id), 
	CONSTRAINT uq_paper_orders UNIQUE (book, account, order_id)
);
CREATE TABLE paper_states (
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_paper_states PRIMARY KEY (book, account)
);
CREATE TABLE pnl_days (
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	day DATE NOT NULL, 
	time BIGINT NOT NULL, 
	realised TEXT NOT NULL, 
	unrealised TEXT NOT NULL, 
	CONSTRAINT pk_pnl_days PRIMARY KEY (book, account, day)
)
 WITHOUT ROWID

;
INSERT INTO "pnl_days" VALUES('practice','paper-1','2026-11-23',1795405800123457,'1.50','-0.25');
CREATE TABLE pnl_points (
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	time BIGINT NOT NULL, 
	realised TEXT NOT NULL, 
	unrealised TEXT NOT NULL, 
	CONSTRAINT pk_pnl_points PRIMARY KEY (book, account, time)
)
 WITHOUT ROWID

;
INSERT INTO "pnl_points" VALUES('practice','paper-1',1795405800123457,'1.50','-0.25');
CREATE TABLE pnl_position_points (
	series INTEGER NOT NULL, 
	time BIGINT NOT NULL, 
	quantity BIGINT NOT NULL, 
	pnl TEXT NOT NULL, 
	CONSTRAINT pk_pnl_position_points PRIMARY KEY (series, time), 
	CONSTRAINT fk_pnl_position_points_pnl_series FOREIGN KEY(series) REFERENCES pnl_series (id)
)
 WITHOUT ROWID

;
INSERT INTO "pnl_position_points" VALUES(1,1795405800123457,-75,'1.25');
CREATE TABLE pnl_series (
	id INTEGER NOT NULL, 
	book TEXT NOT NULL, 
	account TEXT NOT NULL, 
	instrument TEXT NOT NULL, 
	product TEXT NOT NULL, 
	CONSTRAINT pk_pnl_series PRIMARY KEY (id), 
	CONSTRAINT uq_pnl_series UNIQUE (book, account, instrument, product)
);
INSERT INTO "pnl_series" VALUES(1,'practice','paper-1','NSE:NIFTY:2026-11-24:24512.5:CE','CARRY');
CREATE INDEX ix_orders_updated_at ON orders (updated_at);
CREATE INDEX ix_order_events_client_id ON order_events (client_id);
CREATE INDEX ix_fills_filled_at ON fills (filled_at);
COMMIT;
