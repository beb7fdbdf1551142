// replay/check-record.ts: after a replay: the rest of the entries is put into the tree, then the whole database is
// audited: the log against its signed root, the ledger and every row against the log. Must not repair anything.
import { parseVerifierKey } from '@countersign/audit';
import type { Gateway } from '@countersign/server';

import { auditDatabase, describeRow } from '../log/verify-stored-record.ts';
import { grouped } from '../terminal/numbers.ts';

export interface RecordCheck {
  readonly isValid: boolean;
  readonly entriesChecked: number;
  readonly lines: readonly { readonly isValid: boolean; readonly text: string }[];
}

const SHOWN_MAX = 10;

export async function checkRecord(gateway: Gateway): Promise<RecordCheck> {
  await sequenceRest(gateway);
  const { logReader, database } = gateway;
  const report = await auditDatabase(database, parseVerifierKey(logReader.verifierKey()));
  const { size } = await logReader.checkpoint();
  const found = report.differences
    .slice(0, SHOWN_MAX)
    .map((difference) => ({ isValid: false, text: describeRow(difference) }));
  return {
    isValid: report.valid,
    entriesChecked: report.entriesChecked,
    lines: [
      { isValid: report.valid, text: `log: ${grouped(size)} entries verified against the signed root` },
      { isValid: report.valid, text: 'ledger: every balance and row recomputed from the log' },
      ...found,
    ],
  };
}

async function sequenceRest({ sequencer }: Gateway): Promise<void> {
  for (;;) {
    const run = await sequencer.run();
    if (run.outcome === 'idle') return;
  }
}
