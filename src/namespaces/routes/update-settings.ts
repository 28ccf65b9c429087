import { requireOneOf } from '../../access/parameter-rules.ts';
import { route } from '../../access/route.ts';
import { checkSettings, presentSettings, SettingsChange, settingsFrom, SettingsReply } from '../settings-api.ts';
import { lockSettings, saveSettings } from '../settings.ts';

export const updateSettings = route({
  room: 'namespaces',
  operation: 'updateSettings',
  method: 'PUT',
  path: '/application/settings',
  summary: 'Changes settings of the whole server, and gives all of them',
  auth: 'admin',
  input: SettingsChange,
  reply: SettingsReply,
  errors: [400, 401, 403],
  async handle({ app, input, given }) {
    requireOneOf(given, Object.keys(SettingsReply.properties));
    checkSettings(input, (name) => app.isRefName(name));
    return app.write(async (tx) => {
      const settings = settingsFrom({ ...presentSettings(await lockSettings(tx)), ...input });
      await saveSettings(tx, settings, app.clock.now());
      return presentSettings(settings);
    });
  },
});
