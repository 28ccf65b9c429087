import { sql, type Kysely } from 'kysely';
import type { SchemaWords } from '../dialect.ts';

const tables: Record<string, Record<string, string>> = {
  scheduled_jobs: { job_id: 'bigint primary key', due_at: 'bigint not null' },
  unconfirmed_jobs: {
    job_id: 'bigint primary key',
    project_id: 'bigint not null',
    runner_id: 'bigint not null',
    manager_id: 'bigint not null',
    confirm_by: 'bigint not null',
  },
  resource_groups: {
    id: 'id',
    project_id: 'bigint not null',
    key: 'text not null',
    process_mode: 'text not null',
    job_id: 'bigint',
    created_at: 'bigint not null',
    updated_at: 'bigint not null',
  },
  dotenv_variables: {
    job_id: 'bigint not null',
    position: 'integer not null',
    key: 'text not null',
    sealed_value: 'text not null',
  },
};

const columns = [
  'alter table runners add column paused_by bigint',
  'alter table runners add column paused_at bigint',
  'alter table jobs add column failure_evidence text',
  'alter table jobs add column scheduled_at bigint',
  'alter table jobs add column interruptible integer not null default 0',
  'alter table jobs add column resource_group_id bigint',
  'alter table jobs add column debug_log integer not null default 0',
];

const indexes = [
  'create index scheduled_jobs_due on scheduled_jobs (due_at)',
  'create index unconfirmed_jobs_due on unconfirmed_jobs (confirm_by)',
  'create index unconfirmed_jobs_runner on unconfirmed_jobs (runner_id)',
  'create unique index resource_groups_key on resource_groups (project_id, key)',
  'create unique index dotenv_variables_key on dotenv_variables (job_id, position)',
  'create index jobs_resource on jobs (resource_group_id, status, id) where resource_group_id is not null',
  'create index artifacts_expiry on artifacts (expire_at) where expire_at is not null',
  'create index pending_jobs_waiting on pending_jobs (queued_at)',
];

/** What dispatch needs: delayed jobs, jobs that wait for their agent's word, resources, and what one job tells the next. */
export async function up(db: Kysely<unknown>, words: SchemaWords): Promise<void> {
  for (const [name, of] of Object.entries(tables)) {
    const list = Object.entries(of).map(([column, type]) => `"${column}" ${type === 'id' ? words.countingKey : type}`);
    await sql.raw(`create table ${name} (${list.join(', ')})`).execute(db);
  }
  for (const statement of [...columns, ...indexes]) await sql.raw(statement).execute(db);
}
