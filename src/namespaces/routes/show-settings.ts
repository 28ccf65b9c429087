import { route } from '../../access/route.ts';
import { presentSettings, SettingsReply } from '../settings-api.ts';
import { readSettings } from '../settings.ts';

export const showSettings = route({
  room: 'namespaces',
  operation: 'showSettings',
  method: 'GET',
  path: '/application/settings',
  summary: 'Settings of the whole server',
  auth: 'admin',
  reply: SettingsReply,
  errors: [401, 403],
  async handle({ app }) {
    return presentSettings(await readSettings(app.db));
  },
});
