// record/audit/document-digests.ts: what the log says of a versioned document. An entry leaves out what is as it was in the
// version before, its digest too: rows are read in the order of their versions, so that it is known all the same.
import { createHash } from 'node:crypto';
import { canonicalJson } from '@countersign/audit';

import { type Body, type Columns, fieldOf, textField } from './row-audit.ts';

export class DocumentDigests {
  /** Record and version -> its digest; of the record that is being read, and of it alone. */
  readonly #digests = new Map<string, string>();
  #record = '';

  /** The column `document`; none where an altered entry hides what it must be. */
  columnOf(
    { record, version, document }: { record: string; version: unknown; document: unknown },
    body: Body,
  ): Columns {
    if (record !== this.#record) this.#digests.clear();
    this.#record = record;
    const before = fieldOf(body, 'changes', 'version', 'before');
    const digest =
      textField(fieldOf(body, 'changes', 'document_sha256'), 'after') ?? this.#digests.get(String(before));
    if (digest === undefined) return {};
    this.#digests.set(String(version), digest);
    const actual = createHash('sha256').update(canonicalJson(document)).digest('hex');
    return { document: [`sha256 ${digest}`, `sha256 ${actual}`] };
  }
}
