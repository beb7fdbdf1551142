// admin/sourcing-wildcards.ts: refuses wildcards on public suffixes in the supplier lists of a sourcing policy.
import type { AdminFault } from './admin-error.ts';
import { wildcardFaults } from './vendor-wildcards.ts';

/** Of a document that has parsed. */
export function findSourcingWildcards(document: unknown): AdminFault[] {
  const { prohibited_suppliers, preferred_suppliers, category_rules } = document as {
    prohibited_suppliers?: string[];
    preferred_suppliers?: { suppliers: string[] }[];
    category_rules?: { allowed_suppliers?: string[] }[];
  }; // parsed before
  return [
    ...wildcardFaults('/prohibited_suppliers', prohibited_suppliers ?? []),
    ...(preferred_suppliers ?? []).flatMap(({ suppliers }, index) =>
      wildcardFaults(`/preferred_suppliers/${index}/suppliers`, suppliers),
    ),
    ...(category_rules ?? []).flatMap(({ allowed_suppliers }, index) =>
      wildcardFaults(`/category_rules/${index}/allowed_suppliers`, allowed_suppliers ?? []),
    ),
  ];
}
