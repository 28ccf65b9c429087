import { Type, type Static } from 'typebox';
import { NullableString, OneOf } from '../http/parameters.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import { isExpired, tokenScopes, type PersonalAccessToken } from './user.ts';

/** A personal access token without its secret. */
export const Token = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the token.' }),
    name: Type.String({ description: 'Name for people.' }),
    revoked: Type.Boolean({ description: 'Whether the token was revoked, and is dead.' }),
    created_at: Type.String({ description: 'When the token was made.' }),
    description: NullableString({ description: 'Description.' }),
    scopes: Type.Array(Type.String(), { description: 'What the token may be used for.' }),
    user_id: Type.Integer({ description: 'Id of its user.' }),
    last_used_at: NullableString({ description: 'Last use, noted at most every ten minutes.' }),
    active: Type.Boolean({ description: 'Neither revoked nor expired.' }),
    expires_at: NullableString({ description: 'The day from whose start the token is dead, or null.' }),
    impersonation: Type.Optional(Type.Boolean({ description: 'Made by an administrator to act as the user.' })),
  },
  { title: 'Token' },
);
export type Token = Static<typeof Token>;

/** A new token with its secret, which is shown only here. */
export const NewTokenReply = Type.Object(
  {
    ...Token.properties,
    token: Type.String({ description: 'The secret; it is not kept and cannot be shown again.' }),
  },
  { title: 'NewTokenReply' },
);
export type NewTokenReply = Static<typeof NewTokenReply>;

/** Parameters of a new token. */
export const TokenParameters = {
  name: Type.String({ description: 'Name for people.' }),
  description: Type.Optional(NullableString({ description: 'Description.' })),
  expires_at: Type.Optional(NullableString({ description: 'Last day, as YYYY-MM-DD; without it the token does not expire.' })),
};

/** Scopes as a list, given as a list or a single name. */
export const Scopes = Type.Unsafe<string[]>({
  type: 'array',
  items: { type: 'string', enum: [...tokenScopes] },
  description: `What the token may be used for: ${tokenScopes.join(', ')}.`,
});

export const TokenState = OneOf(['active', 'inactive', 'all'], { description: 'Only tokens that work, or only dead ones.' });

/** Token → JSON. `now` (ms) decides whether it is over. */
export function presentToken(token: PersonalAccessToken, now: number): Token {
  return {
    id: token.id,
    name: token.name,
    revoked: token.revoked,
    created_at: isoTime(token.createdAt),
    description: token.description,
    scopes: token.scopes,
    user_id: token.userId,
    last_used_at: isoTimeOrNull(token.lastUsedAt),
    active: !token.revoked && !isExpired(token.expiresAt, now),
    expires_at: token.expiresAt,
    ...(token.impersonation ? { impersonation: true } : {}),
  };
}

export const TokenId = Type.Object({ id: Type.Integer({ description: 'Id of the token.' }) });

export const ImpersonationTokenId = Type.Object({
  id: Type.Integer({ description: 'Id of the user.' }),
  token_id: Type.Integer({ description: 'Id of the token.' }),
});

export const Rotation = Type.Object({
  expires_at: Type.Optional(NullableString({ description: 'Last day of the new token, as YYYY-MM-DD; default: a week from now.' })),
});
