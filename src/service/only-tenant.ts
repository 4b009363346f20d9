/** Until identity is configured there is one tenant. */
export const ONLY_TENANT = 'default';
