import { createPool, type Pool } from 'mysql2/promise';

/** Connections as a yardstick's transactions want them, the first of them open. */
export async function openMysqlPool(url: string, connections: number): Promise<Pool> {
  const pool = createPool({ uri: url, connectionLimit: connections, multipleStatements: true });
  pool.pool.on('connection', (connection) => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  });
  await pool.query('SELECT 1');
  return pool;
}
