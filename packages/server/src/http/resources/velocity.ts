// http/resources/velocity.ts: how requests are watched, and lifting the reviews that alerts began.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { VelocityView } from '../../admin/velocity.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { toWire } from '../wire.ts';

export function registerVelocity(app: FastifyInstance, { admin: { velocity } }: HttpContext): void {
  serve(app, operations.configureVelocity, async (call) =>
    presentVelocity(await velocity.configure(actorOf(call.request), call.body, changeOptions(call))),
  );
  serve(app, operations.getVelocity, async () => presentVelocity(await velocity.get()));
  serve(app, operations.liftReview, async (call) =>
    toWire(await velocity.lift(actorOf(call.request), call.params.alert_id, changeOptions(call))),
  );
}

function presentVelocity({ settings, version, createdAt, createdBy }: VelocityView): object {
  const { businessHours, sensitivity, ...others } = settings;
  const hours =
    businessHours === null
      ? null
      : {
          allowed_days: businessHours.allowedDays,
          allowed_hours: hoursText(businessHours.window),
          time_zone: businessHours.timeZone,
        };
  return {
    ...(toWire(others) as object), // an object of settings
    sensitivity: sensitivity ?? 'off',
    business_hours: hours,
    version,
    created_at: createdAt,
    created_by: createdBy,
  };
}

function hoursText({ startMinute, endMinute }: { startMinute: number; endMinute: number }): string {
  const clock = (minute: number): string =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return `${clock(startMinute)}-${clock(endMinute)}`;
}
