import '../access/app.ts';
import { forbidden } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { resetRegistrationToken, type RegistrationScope } from '../namespaces/registration-token-store.ts';
import { readSettings } from '../namespaces/settings.ts';

/** Makes another registration token; 403 while registration tokens are switched off (runners API B.8). */
export async function resetRegistration(app: App, scope: RegistrationScope): Promise<{ token: string }> {
  if (!(await readSettings(app.db)).allowRunnerRegistrationToken) throw forbidden();
  return { token: await app.write((tx) => resetRegistrationToken(tx, app.secrets, scope, app.clock.now())) };
}
